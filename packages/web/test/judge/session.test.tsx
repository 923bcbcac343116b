// @vitest-environment happy-dom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Session } from "../../src/judge/session.tsx";
import { meOf, refusal, rendered, serverOf, userOf } from "../rendered.tsx";
import { roundOf } from "./handle.ts";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(cleanup);

const session = <Session roundId="round" user={userOf()} me={meOf(userOf())} />;

test.each([
  [{ code: "X", message: "The generator is down." }, "The generator is down."],
  [null, "The pictures could not be made."],
])("a round whose pictures could not be made says why, and can be tried again or left (%#)", async (problem, words) => {
  const asked = serverOf({ "/api/rounds/round": roundOf({ state: "failed", comparison: null, problem }) });
  await rendered(session);
  expect(await screen.findByText(words)).toBeDefined();
  expect(screen.getByRole("link", { name: "Write another prompt" }).getAttribute("href")).toBe("/?from=round");
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await expect.poll(() => asked).toContain("POST /api/rounds/round/retry");
});

test("a round that is not this person's leads to another prompt; asking again would not help", async () => {
  serverOf({ "/api/rounds/round": refusal(404, "PICKAPIC_ROUND_UNKNOWN", "There is no such round of yours.") });
  await rendered(session);
  expect(await screen.findByText("There is no such round of yours.")).toBeDefined();
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("These pictures are not here");
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
});

test.each([
  ["a server in trouble", { "/api/rounds/round": refusal(500, "X", "The disk is full.") }, "The disk is full."],
  ["no connection", {}, "The server could not be reached. Please check your connection."],
])("%s may pass: one can try again", async (_what, replies, words) => {
  const asked = serverOf(replies);
  await rendered(session);
  expect(await screen.findByText(words)).toBeDefined();
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await expect.poll(() => asked.length).toBeGreaterThan(1);
});
