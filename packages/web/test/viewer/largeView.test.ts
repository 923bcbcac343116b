import { expect, test } from "vitest";
import { viewAfterKey } from "../../src/viewer/largeView.tsx";
import { movedBy, WHOLE, zoomedAt } from "../../src/viewer/view.ts";

const press = (key: string, more: { ctrlKey?: boolean } = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});

test("plus and minus zoom, the arrows move what is zoomed, and other keys are not the view's", () => {
  const zoomed = viewAfterKey(WHOLE, press("+"));
  expect(zoomed).toEqual(zoomedAt(WHOLE, 1.4));
  expect(viewAfterKey(WHOLE, press("="))).toEqual(zoomed);
  expect(viewAfterKey(zoomed ?? WHOLE, press("-"))).toEqual(WHOLE);
  expect(viewAfterKey(zoomedAt(WHOLE, 4), press("ArrowLeft"))).toEqual(movedBy(zoomedAt(WHOLE, 4), { x: 0.12, y: 0 }));
  expect(viewAfterKey(zoomedAt(WHOLE, 4), press("ArrowDown"))).toEqual(movedBy(zoomedAt(WHOLE, 4), { x: 0, y: -0.12 }));
  expect([viewAfterKey(WHOLE, press("1")), viewAfterKey(WHOLE, press("+", { ctrlKey: true }))]).toEqual([null, null]);
});
