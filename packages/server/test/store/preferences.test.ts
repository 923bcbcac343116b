import type { Readable } from "node:stream";
import { expect, test } from "vitest";
import { preferenceSource, type Store } from "../../src/store/index.ts";

/** An empty binary COPY: signature, flags, no extension, and the number of fields that ends the data. */
const EMPTY = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8), Buffer.from([0xff, 0xff])]);

/** A client that gives each COPY a time limit as pg does: it is ended by the callback of the statement. */
function limitedClient(failure?: Error) {
  const limits: string[] = [];
  return {
    limits,
    release: () => undefined,
    query(statement: string | (Readable & { callback?: () => void })): unknown {
      if (typeof statement === "string") return Promise.resolve();
      limits.push("begun");
      const callback = statement.callback ?? (() => undefined);
      statement.callback = () => {
        limits.push("ended");
        callback();
      };
      if (failure) statement.destroy(failure);
      else {
        statement.push(EMPTY);
        statement.push(null);
      }
      return statement;
    },
  };
}

/** Reads the rankings of a store whose connection is this client. */
async function readWith(client: ReturnType<typeof limitedClient>): Promise<void> {
  const store = { pool: { connect: async () => client }, publicUrl: "" };
  for await (const _ of preferenceSource(store as unknown as Store).blocks?.() ?? []);
}

test("the time limit of the COPY ends with it, also when it fails: its timer would hold the process for ten minutes", async () => {
  const client = limitedClient();
  await readWith(client);
  expect(client.limits).toEqual(["begun", "ended"]);
  const broken = limitedClient(new Error("the connection broke"));
  await expect(readWith(broken)).rejects.toThrow("the connection broke");
  expect(broken.limits).toEqual(["begun", "ended"]);
});
