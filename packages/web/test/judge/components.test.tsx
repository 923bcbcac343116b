// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { HelpDialog } from "../../src/judge/dialogs/help.tsx";
import { FirstHint } from "../../src/judge/hint.tsx";
import { shortcutsChoice } from "../../src/judge/keys/keys.ts";
import { Notes } from "../../src/judge/notes.tsx";
import { lookOf } from "../../src/judge/pair/stage.tsx";
import { WaitNotice } from "../../src/judge/pair/waitNotice.tsx";

afterEach(cleanup);

test("what the generators did not follow is listed, and trouble is an alert", () => {
  const { rerender } = render(<Notes warnings={["Negative prompts are ignored."]} notice="No connection." />);
  expect(screen.getByTestId("warnings").textContent).toBe("Negative prompts are ignored.");
  expect(screen.getByRole("alert").textContent).toBe("No connection.");
  rerender(<Notes warnings={[]} notice={null} />);
  expect(screen.queryByTestId("warnings")).toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a newcomer is told the keys beside the first pair, until an answer or until the hint is hidden", () => {
  const { rerender } = render(<FirstHint answered={false} ready={false} />);
  expect(screen.queryByTestId("hint")).toBeNull();
  rerender(<FirstHint answered={true} ready={true} />);
  expect(screen.queryByTestId("hint")).toBeNull();
  rerender(<FirstHint answered={false} ready={true} />);
  expect(screen.getByTestId("hint").textContent).toContain("press 1 or 2");
  fireEvent.click(screen.getByRole("button", { name: "Hide this hint" }));
  expect(screen.queryByTestId("hint")).toBeNull();
});

test("a wait has words; only pictures that are being made have a bar and can be cancelled", () => {
  const cancel = vi.fn();
  const progress = { done: 1, total: 2, fraction: 0.5, etaMs: null, queuePosition: 0 };
  const { rerender } = render(
    <WaitNotice waiting={{ sentence: "Painting.", progress, mayCancel: true }} atOnce cancel={cancel} />,
  );
  expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("50");
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(cancel).toHaveBeenCalledTimes(1);
  rerender(<WaitNotice waiting={{ sentence: "Loading.", progress: null, mayCancel: false }} atOnce={false} cancel={cancel} />);
  expect(screen.getByTestId("waiting").textContent).toBe("Loading.");
  expect(screen.queryByRole("progressbar")).toBeNull();
});

test("the help has a switch for single keys, and says what still works without them", () => {
  render(<HelpDialog dialog={createRef()} />);
  expect(screen.queryByText(/Switched off/)).toBeNull();
  fireEvent.click(screen.getByTestId("shortcuts"));
  expect(shortcutsChoice.get()).toBe(false);
  expect(screen.getByText(/only Ctrl Z and the buttons work/)).toBeDefined();
  fireEvent.click(screen.getByTestId("shortcuts"));
  expect(shortcutsChoice.get()).toBe(true);
});

test.each([
  ["left", null, undefined],
  ["left", "left", "won"],
  ["right", "left", "lost"],
  ["right", "tie", "tied"],
  ["left", "left-out", "lost"],
] as const)("the %s picture after the verdict %s looks %s", (side, verdict, look) => {
  expect(lookOf(side, verdict)).toBe(look);
});
