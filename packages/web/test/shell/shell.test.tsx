// @vitest-environment happy-dom
import type { AnswerReply } from "@pickapic/server/api";
import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { newEntry } from "../../src/outbox/entry.ts";
import { Shell } from "../../src/shell/shell.tsx";
import { meOf, outboxOf, rendered, serverOf, userOf } from "../rendered.tsx";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(cleanup);

const draft = { round: "round", comparison: "pair", prompt: "a cat", choice: "left", elapsedMs: 900 } as const;

test("what waits in this browser is sent as soon as its owner is known, and the header follows the karma that the server counts", async () => {
  const sent: string[] = [];
  const send = async ({ owner }: { owner: string }) => {
    sent.push(owner);
    return { ranking: 1, karma: 4, round: { id: "round" } } as AnswerReply;
  };
  const entries = ["ada", "bob"].map((owner) => newEntry({ ...draft, owner }, `key of ${owner}`, 0));
  serverOf({ "/api/me": meOf(userOf({ karma: 3 })) });
  await rendered(<Shell />, outboxOf(entries, { send }));
  await expect.poll(() => screen.getByTestId("karma").textContent).toBe("4");
  expect(sent).toEqual(["ada"]);
});

test("nothing is sent for a stranger", async () => {
  const send = vi.fn();
  const asked = serverOf({ "/api/me": meOf(null) });
  await rendered(<Shell />, outboxOf([newEntry({ ...draft, owner: "ada" }, "key", 0)], { send }));
  await screen.findByText(/1 answer of another account/);
  expect(asked).toContain("GET /api/me");
  expect(send).not.toHaveBeenCalled();
});
