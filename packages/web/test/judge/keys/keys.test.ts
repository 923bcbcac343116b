import { expect, test } from "vitest";
import { intentOf, type KeyContext, type KeyPress, scrollsSideways } from "../../../src/judge/keys/keys.ts";

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  ...more,
});
const judging: KeyContext = { focus: "judging", shortcuts: true, scrollsSideways: false };

test.each([
  ["1", "left"],
  ["2", "right"],
  ["0", "tie"],
  ["s", "skip"],
  ["S", "skip"],
  ["e", "enlarge"],
  ["E", "enlarge"],
  ["z", "undo"],
  ["Z", "undo"],
  ["?", "help"],
  ["ArrowLeft", "left"],
  ["ArrowRight", "right"],
  ["a", null],
  ["3", null],
  ["Enter", null],
])("the key %j means %j", (key, intent) => {
  expect(intentOf(press(key), judging)).toBe(intent);
});

test.each([" ", "ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", "Tab", "Escape"])(
  "the key %j scrolls or moves as always, and answers nothing",
  (key) => {
    expect(intentOf(press(key), judging)).toBeNull();
  },
);

test("where something scrolls to the side, the arrows scroll, and the digits still answer", () => {
  const wide = { ...judging, scrollsSideways: true };
  expect([intentOf(press("ArrowLeft"), wide), intentOf(press("ArrowRight"), wide)]).toEqual([null, null]);
  expect(intentOf(press("1"), wide)).toBe("left");
});

test.each<[string, KeyPress, Partial<KeyContext>, string | null]>([
  ["writing in a text field", press("1"), { focus: "text" }, null],
  ["undoing a word in a text field", press("z", { ctrlKey: true }), { focus: "text" }, null],
  ["a key while the header has the focus", press("1"), { focus: "elsewhere" }, null],
  ["an arrow while the header has the focus", press("ArrowLeft"), { focus: "elsewhere" }, null],
  ["a key held down", press("1", { repeat: true }), {}, null],
  ["Ctrl+Z", press("z", { ctrlKey: true }), {}, "undo"],
  ["Command+Z", press("z", { metaKey: true }), {}, "undo"],
  ["Ctrl+1, which changes the tab", press("1", { ctrlKey: true }), {}, null],
  ["Ctrl+S, which saves the page", press("s", { ctrlKey: true }), {}, null],
  ["Alt+Left, which goes back", press("ArrowLeft", { altKey: true }), {}, null],
  ["a single key that is switched off", press("1"), { shortcuts: false }, null],
  ["an arrow that is switched off", press("ArrowRight"), { shortcuts: false }, null],
  ["Ctrl+Z where single keys are switched off", press("z", { ctrlKey: true }), { shortcuts: false }, "undo"],
])("%s", (_what, key, context, intent) => {
  expect(intentOf(key, { ...judging, ...context })).toBe(intent);
});

test.each([
  ["a page as wide as its window", 1280, 1280, 1, false],
  ["a page that is wider", 1290, 1280, 1, true],
  ["a page zoomed by two fingers", 1280, 1280, 1.2, true],
])("%s", (_what, scrollWidth, clientWidth, zoom, sideways) => {
  expect(scrollsSideways({ scrollingElement: { scrollWidth, clientWidth } }, zoom)).toBe(sideways);
});
