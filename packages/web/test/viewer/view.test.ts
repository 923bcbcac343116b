import fc from "fast-check";
import { expect, test } from "vitest";
import { dragged, MOST_SCALE, movedBy, type Point, transformOf, type View, WHOLE, zoomedAt } from "../../src/viewer/view.ts";

const point = fc.record({
  x: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
  y: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
});
const factor = fc.double({ min: 0.2, max: 5, noNaN: true });

/** Which spot of the picture lies at a point of the frame: from the picture's middle, in sizes of the frame at scale 1. */
const spotAt = ({ scale, middle }: View, at: Point) => ({ x: (at.x - middle.x) / scale, y: (at.y - middle.y) / scale });

test("after any zooming and moving the picture covers its frame", () => {
  const step = fc.oneof(
    fc.tuple(factor, point).map(
      ([by, at]) =>
        (view: View) =>
          zoomedAt(view, by, at),
    ),
    point.map((by) => (view: View) => movedBy(view, by)),
    fc.tuple(point, point, point, point).map(
      ([a, b, c, d]) =>
        (view: View) =>
          dragged(view, [a, b], [c, d]),
    ),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const { scale, middle } = steps.reduce((view, act) => act(view), WHOLE);
      expect(scale).toBeGreaterThanOrEqual(1);
      expect(scale).toBeLessThanOrEqual(MOST_SCALE);
      for (const shift of [middle.x, middle.y]) expect(Math.abs(shift)).toBeLessThanOrEqual((scale - 1) / 2 + 1e-9);
    }),
  );
});

test("what lies under the pointer stays there while zooming in", () => {
  fc.assert(
    fc.property(point, fc.double({ min: 1, max: 3, noNaN: true }), (at, by) => {
      const before = spotAt(WHOLE, at);
      const after = spotAt(zoomedAt(WHOLE, by, at), at);
      expect(after.x).toBeCloseTo(before.x);
      expect(after.y).toBeCloseTo(before.y);
    }),
  );
});

test("one finger moves the picture as far as it goes; two fingers zoom by their distance", () => {
  const zoomed = zoomedAt(WHOLE, 2);
  expect(dragged(zoomed, [{ x: 0, y: 0 }], [{ x: 0.2, y: -0.1 }]).middle).toEqual({ x: 0.2, y: -0.1 });
  const apart = dragged(
    WHOLE,
    [
      { x: -0.1, y: 0 },
      { x: 0.1, y: 0 },
    ],
    [
      { x: -0.3, y: 0 },
      { x: 0.3, y: 0 },
    ],
  );
  expect(apart.scale).toBeCloseTo(3);
  expect(apart.middle).toEqual({ x: 0, y: 0 });
  expect(dragged(zoomed, [], [])).toEqual(zoomed);
});

test("out again is the whole picture, wherever it was", () => {
  expect(zoomedAt(movedBy(zoomedAt(WHOLE, 4), { x: 1, y: 1 }), 0.01)).toEqual(WHOLE);
});

test("a view is a transform of the picture", () => {
  expect(transformOf({ scale: 2, middle: { x: 0.25, y: -0.5 } })).toBe("translate(25%, -50%) scale(2)");
});
