// @vitest-environment happy-dom
import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { JudgePage } from "../../src/judge/page.tsx";
import { meOf, outboxOf, refusal, rendered, serverOf, userOf } from "../rendered.tsx";
import { roundOf } from "./handle.ts";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(cleanup);

const failed = roundOf({ state: "failed", comparison: null, problem: { code: "X", message: "The generator is down." } });
const shown = (address: string, replies: Record<string, unknown>) => {
  serverOf({ "/api/me": meOf(userOf(), { simulatedWorld: false, prompts: ["a lighthouse"] }), ...replies });
  return rendered(<JudgePage />, outboxOf([]), address);
};

test("without a round there is the form, with the prompts of the operator", async () => {
  await shown("/", { "/api/rounds/round": failed });
  expect(await screen.findByTestId("prompt")).toBeDefined();
  expect(screen.getByTestId("suggestions").textContent).toContain("a lighthouse");
  expect(screen.queryByText("The generator is down.")).toBeNull();
});

test("with a round in the address there are its pairs", async () => {
  await shown("/?round=round", { "/api/rounds/round": failed });
  expect(await screen.findByText("The generator is down.", undefined, { timeout: 20_000 })).toBeDefined();
  expect(screen.queryByTestId("prompt")).toBeNull();
});

test("with the round whose prompt is to be changed, the form holds it", async () => {
  await shown("/?from=round", { "/api/rounds/round": roundOf({ prompt: "a red kite" }) });
  await expect.poll(() => screen.getByTestId<HTMLTextAreaElement>("prompt").value).toBe("a red kite");
});

test("a stranger is asked to sign in first", async () => {
  serverOf({ "/api/me": meOf(null), "/api/rounds/round": refusal(401, "X", "No.") });
  await rendered(<JudgePage />, outboxOf([]), "/?round=round");
  expect(await screen.findByTestId("toy-world")).toBeDefined();
  expect(screen.queryByTestId("prompt")).toBeNull();
});
