// @vitest-environment happy-dom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, expect, test, vi } from "vitest";
import type { SessionDialogs } from "../../../src/judge/dialogs/dialogs.ts";
import { shortcutsChoice } from "../../../src/judge/keys/keys.ts";
import { Actions } from "../../../src/judge/pair/actions.tsx";
import { EnlargedPair } from "../../../src/judge/pair/enlarged.tsx";
import { Stage } from "../../../src/judge/pair/stage.tsx";
import { newEntry } from "../../../src/outbox/entry.ts";
import { outboxOf, rendered } from "../../rendered.tsx";
import { handleOf, pair, roundOf } from "../handle.ts";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(() => {
  cleanup();
  shortcutsChoice.set(true);
});

const none = () => {};

test("a click on a picture picks it; the second click of a double click picks nothing", async () => {
  const judging = handleOf();
  await rendered(<Stage judging={judging} cancel={none} />);
  const right = screen.getByTestId("choice-right");
  expect(right.getAttribute("aria-disabled")).toBe("false");
  right.focus();
  fireEvent.click(right, { detail: 1 });
  expect(document.activeElement).not.toBe(right);
  fireEvent.click(right, { detail: 2 });
  fireEvent.click(screen.getByTestId("choice-left"), { detail: 0 });
  expect(vi.mocked(judging.choose).mock.calls).toEqual([["right"], ["left"]]);
});

test("a picture that was picked has a mark, the other one has none, and neither can be picked", async () => {
  await rendered(<Stage judging={handleOf({ verdict: "left" })} cancel={none} />);
  const frames = ["left", "right"].map((side) => screen.getByTestId(`choice-${side}`));
  expect(frames.map((frame) => frame.dataset.verdict)).toEqual(["won", "lost"]);
  expect(frames.map((frame) => frame.querySelectorAll(".frame-mark").length)).toEqual([1, 0]);
  expect(frames.map((frame) => frame.getAttribute("aria-disabled"))).toEqual(["true", "true"]);
});

test("before the first pair there are two empty canvases, and pictures that are being made can be stopped", async () => {
  const cancel = vi.fn();
  await rendered(<Stage judging={handleOf({ shown: null }, roundOf({ state: "generating" }))} cancel={cancel} />);
  expect(document.querySelectorAll(".painting")).toHaveLength(2);
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(cancel).toHaveBeenCalledTimes(1);
});

test.each([
  [0, "Sending your answer…"],
  [1, "Your answer is kept. The next pair comes when the server has it."],
])("an answer that failed to go out %i times is told from one on its way", async (attempts, words) => {
  const draft = { owner: "ada", round: "round", comparison: pair.id, prompt: "a cat", choice: "left", elapsedMs: 1 } as const;
  const outbox = outboxOf([{ ...newEntry(draft, "key", 0), attempts, retryAt: 0 }]);
  void outbox.setOwner("ada");
  await rendered(<Stage judging={handleOf({ verdict: "left" })} cancel={none} />, outbox);
  expect(screen.getByTestId("waiting").textContent).toBe(words);
});

function dialogsOf(): SessionDialogs {
  return { help: createRef(), report: createRef(), enlarge: vi.fn() };
}

test.each([
  ["an open pair", {}, ["undo"]],
  ["a pair that nobody can have looked at yet", { seen: false }, ["undo", "tie"]],
  ["an open pair after an answer", { undoable: [1] }, []],
  ["an answer on its way", { verdict: "left" }, ["skip", "report", "tie"]],
  ["no pair", { shown: null }, ["undo", "skip", "enlarge", "report", "tie"]],
] as const)("of the buttons beside %s those are off that would do nothing", async (_what, state, off) => {
  await rendered(<Actions judging={handleOf(state)} dialogs={dialogsOf()} />);
  const names = ["undo", "skip", "enlarge", "report", "help"];
  const isOff = (name: string) => (screen.getByTestId(name) as HTMLButtonElement).disabled;
  const tieIsOff = screen.getByTestId("choice-tie").getAttribute("aria-disabled") === "true";
  expect([...names.filter(isOff), ...(tieIsOff ? ["tie"] : [])]).toEqual(off);
});

test("each button does what it says, and shows its key unless single keys are switched off", async () => {
  const judging = handleOf({ undoable: [1] });
  const dialogs = dialogsOf();
  await rendered(<Actions judging={judging} dialogs={dialogs} />);
  fireEvent.click(screen.getByTestId("undo"));
  fireEvent.click(screen.getByTestId("skip"));
  fireEvent.click(screen.getByTestId("enlarge"));
  const tie = screen.getByTestId("choice-tie");
  tie.focus();
  fireEvent.click(tie, { detail: 1 });
  fireEvent.click(tie, { detail: 2 });
  expect(document.activeElement).not.toBe(tie);
  expect([judging.undo, judging.skip, dialogs.enlarge].map((act) => vi.mocked(act).mock.calls.length)).toEqual([1, 1, 1]);
  expect(vi.mocked(judging.choose).mock.calls).toEqual([["tie"]]);
  expect(screen.getByTestId("skip").querySelector("[data-key]")?.getAttribute("data-key")).toBe("S");
  cleanup();
  shortcutsChoice.set(false);
  await rendered(<Actions judging={judging} dialogs={dialogs} />);
  expect(screen.getByTestId("skip").querySelector("[data-key]")).toBeNull();
});

test("in the large view the number keys answer, and the arrows move the pictures", async () => {
  const act = vi.fn();
  await rendered(<EnlargedPair judging={handleOf()} act={act} close={none} />);
  const dialog = screen.getByRole("dialog");
  for (const key of ["1", "0", "2", "s", "?", "ArrowLeft"]) fireEvent.keyDown(dialog, { key });
  fireEvent.click(screen.getByRole("button", { name: "Equally good" }));
  expect(act.mock.calls.flat()).toEqual(["left", "tie", "right", "skip", "tie"]);
  expect(screen.getAllByRole("img").map((image) => image.getAttribute("alt"))).toEqual(["Left: “a cat”", "Right: “a cat”"]);
});

test("the large view is closed while there is no pair, and answers nothing while one is on its way", async () => {
  await rendered(<EnlargedPair judging={handleOf({ shown: null })} act={none} close={none} />);
  expect(screen.queryByRole("dialog")).toBeNull();
  cleanup();
  await rendered(<EnlargedPair judging={handleOf({ verdict: "tie" })} act={none} close={none} />);
  expect(screen.getByRole("button", { name: "Equally good" }).getAttribute("aria-disabled")).toBe("true");
});
