// @vitest-environment happy-dom
import { cleanup, fireEvent, renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { focusOf, type Intent, scrollsSideways, shortcutsChoice } from "../../../src/judge/keys/keys.ts";
import { useKeys } from "../../../src/judge/keys/useKeys.ts";

document.body.innerHTML = `
  <header><button id="menu"></button></header>
  <main><button id="left"></button><textarea id="text"></textarea><select id="list"></select><input id="field" />
    <div id="rich"></div><p id="words"></p></main>
  <dialog id="dialog"></dialog>`;
const area = document.querySelector("main");
const at = (id: string) => document.getElementById(id);
Object.defineProperty(at("rich"), "isContentEditable", { value: true });
afterEach(cleanup);
// This DOM has none.
vi.stubGlobal("visualViewport", null);

test.each([
  ["left", "judging"],
  ["words", "judging"],
  ["text", "text"],
  ["list", "text"],
  ["field", "text"],
  ["rich", "text"],
  ["menu", "elsewhere"],
])("the focus on #%s is %s", (id, focus) => expect(focusOf(at(id), area)).toBe(focus));

test("without a focus the keys judge; without an area nothing is in it", () => {
  for (const target of [null, new EventTarget(), document.body, document.documentElement])
    expect(focusOf(target, area)).toBe("judging");
  expect(focusOf(at("left"), null)).toBe("elsewhere");
});

test("a page scrolls sideways as the window says; a page without an element does not", () => {
  expect(scrollsSideways({ scrollingElement: null }, 1)).toBe(false);
  vi.stubGlobal("visualViewport", { scale: 1.5 });
  expect(scrollsSideways({ scrollingElement: null })).toBe(true);
  vi.stubGlobal("visualViewport", null);
  expect(scrollsSideways({ scrollingElement: null })).toBe(false);
});

test("a key that means something is taken and acted on by the latest function, and no other is", () => {
  const acts: string[] = [];
  const { rerender, unmount } = renderHook(
    ({ name }) => useKeys({ current: area }, (intent: Intent) => acts.push(`${name} ${intent}`)),
    {
      initialProps: { name: "first" },
    },
  );
  const press = (key: string, id = "left") => fireEvent.keyDown(at(id) ?? document.body, { key });
  expect(press("1")).toBe(false); // Its default was prevented.
  expect(press("q")).toBe(true);
  expect(press("1", "text")).toBe(true);
  rerender({ name: "second" });
  press("ArrowRight");
  shortcutsChoice.set(false);
  expect(press("2")).toBe(true);
  shortcutsChoice.set(true);
  expect(acts).toEqual(["first left", "second right"]);

  at("dialog")?.setAttribute("open", "");
  expect(press("1")).toBe(true);
  at("dialog")?.removeAttribute("open");
  const taken = (event: Event) => event.preventDefault();
  at("left")?.addEventListener("keydown", taken);
  press("2");
  at("left")?.removeEventListener("keydown", taken);
  expect(acts).toHaveLength(2);
  unmount();
  press("1");
  expect(acts).toHaveLength(2);
});
