// @vitest-environment happy-dom
/** @file The large view of two pictures: its buttons and keys, and what it forgets when other pictures come. */
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { LargeView } from "../../src/viewer/largeView.tsx";

afterEach(cleanup);

const onKey = vi.fn();
const close = vi.fn();
const viewOf = (left: string) => (
  <LargeView
    left={{ url: left, alt: "Left", label: "1" }}
    right={{ url: "/right", alt: "Right", label: "2" }}
    close={close}
    onKey={onKey}
  />
);

/** How large the pictures are, and which of them can be seen. */
const seen = () => [
  screen.getByRole("status", { name: "Zoom" }).textContent?.replace(/\s/g, " "),
  [...document.querySelectorAll<HTMLElement>(".frame-large")].map(({ hidden }) => !hidden),
];
const press = (key: string, more = {}) => fireEvent.keyDown(screen.getByRole("dialog"), { key, ...more });
const click = (name: RegExp) => fireEvent.click(screen.getByRole("button", { name }));
const isOff = (name: RegExp) => screen.getByRole<HTMLButtonElement>("button", { name }).disabled;

test.each([
  [[], "100 %", [true, true]],
  [[/^Zoom in/], "140 %", [true, true]],
  [["+", /^Zoom out/], "100 %", [true, true]],
  [["f"], "100 %", [true, false]],
  [["F", /^Flip/], "100 %", [false, true]],
  [["f", "f", "f"], "100 %", [true, false]],
  [["f", /^Both pictures/], "100 %", [true, true]],
] as const)("after the keys and buttons %j it shows %s of %j", (acts, zoom, pictures) => {
  render(viewOf("/left"));
  for (const act of acts) typeof act === "string" ? press(act) : click(act);
  expect(seen()).toEqual([zoom, pictures]);
});

test("Ctrl and F belong to the browser", () => {
  render(viewOf("/left"));
  press("f", { ctrlKey: true });
  expect(seen()).toEqual(["100 %", [true, true]]);
});

test("a button that would do nothing is off, and that for both pictures is there only while one is hidden", () => {
  render(viewOf("/left"));
  expect([isOff(/^Zoom out/), isOff(/^Zoom in/)]).toEqual([true, false]);
  expect(screen.queryByRole("button", { name: /^Both pictures/ })).toBeNull();
  for (let i = 0; i < 20 && !isOff(/^Zoom in/); i++) click(/^Zoom in/);
  expect([isOff(/^Zoom out/), isOff(/^Zoom in/)]).toEqual([false, true]);
});

test("other pictures begin whole and beside each other; the same ones stay as they are", () => {
  const { rerender } = render(viewOf("/left"));
  press("+");
  press("f");
  rerender(viewOf("/left"));
  expect(seen()).toEqual(["140 %", [true, false]]);
  rerender(viewOf("/other"));
  expect(seen()).toEqual(["100 %", [true, true]]);
});

test("E and the button close it; other keys are left to the page", () => {
  onKey.mockClear();
  render(viewOf("/left"));
  press("1");
  expect(onKey).toHaveBeenCalledTimes(1);
  press("e");
  expect(document.querySelector("dialog")?.open).toBe(false);
  document.querySelector("dialog")?.showModal();
  click(/^Close/);
  expect(document.querySelector("dialog")?.open).toBe(false);
  expect(onKey).toHaveBeenCalledTimes(1);
});
