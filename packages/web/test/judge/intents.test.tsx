// @vitest-environment happy-dom
/** @file What the keys of the judging page do, and what stands around the pair. */
import { useRouterState } from "@tanstack/react-router";
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { JudgingHandle } from "../../src/judge/round/useJudging.ts";
import { Session } from "../../src/judge/session.tsx";
import { meOf, rendered, userOf } from "../rendered.tsx";
import { handleOf, roundOf } from "./handle.ts";

const hook = vi.hoisted(() => ({ judging: undefined as JudgingHandle | undefined }));
vi.mock("../../src/judge/round/useJudging.ts", () => ({ useJudging: () => hook.judging }));

vi.stubGlobal("scrollTo", () => undefined);
vi.stubGlobal("visualViewport", null);
afterEach(cleanup);

const Address = () => <p data-testid="address">{useRouterState({ select: ({ location }) => location.href })}</p>;

/** Shows a round that is judged with `judging`. */
async function shown(judging: JudgingHandle): Promise<JudgingHandle> {
  hook.judging = judging;
  await rendered(
    <>
      <Session roundId="round" user={userOf()} me={meOf(userOf())} />
      <Address />
    </>,
  );
  return judging;
}

/** Which of its acts were called, and with what. */
const actsOf = ({ choose, skip, undo }: JudgingHandle) =>
  Object.entries({ choose, skip, undo }).flatMap(([name, act]) => vi.mocked(act).mock.calls.map((call) => [name, ...call]));

test.each([
  ["1", [["choose", "left"]]],
  ["2", [["choose", "right"]]],
  ["0", [["choose", "tie"]]],
  ["s", [["skip"]]],
  ["z", [["undo"]]],
  ["x", []],
])("the key %s does %j", async (key, acts) => {
  const judging = await shown(handleOf());
  fireEvent.keyDown(document.body, { key });
  expect(actsOf(judging)).toEqual(acts);
  expect(document.querySelector("dialog[open]")).toBeNull();
});

test.each([
  ["?", handleOf(), /How to judge/],
  ["e", handleOf(), /Flip/],
  // Without a pair there is nothing to enlarge.
  ["e", handleOf({ shown: null }), null],
])("the key %s opens what it should (%#)", async (key, judging, words) => {
  await shown(judging);
  fireEvent.keyDown(document.body, { key });
  const opened = document.querySelector("dialog[open]")?.textContent ?? null;
  if (words) expect(opened).toMatch(words);
  else expect(opened).toBeNull();
  expect(actsOf(judging)).toEqual([]);
});

test("cancelling the pictures of a round leads to its prompt", async () => {
  const judging = await shown(handleOf({ shown: null }, roundOf({ state: "generating" })));
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(judging.cancel).toHaveBeenCalledTimes(1);
  await expect.poll(() => screen.getByTestId("address").textContent).toBe("/?from=round");
});

test.each([
  ["PICKAPIC_ROUND_FINISHED", ["My history"], []],
  ["PICKAPIC_OTHER", [], ["Try again"]],
])("a round that failed with %s offers %j and %j", async (code, links, buttons) => {
  await shown(handleOf({ shown: null }, roundOf({ state: "failed", problem: { code, message: "It is over." } })));
  const alert = screen.getByText("It is over.").parentElement;
  const names = (role: string) => [...(alert?.querySelectorAll(role) ?? [])].map((each) => each.textContent);
  expect([names("a"), names("button")]).toEqual([[...links, "Write another prompt"], buttons]);
});
