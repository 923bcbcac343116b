import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pickapic } from "./terminal.ts";

test("what the generator did not follow stands below the table, each sentence once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-generate-"));
  const { code, out } = await pickapic(["generate", "a red cat [umbrella]", "-n", "2", "--out", folder]);
  await rm(folder, { recursive: true, force: true });
  expect(code).toBe(0);
  expect(out.match(/negative prompt/g)).toHaveLength(1);
});
