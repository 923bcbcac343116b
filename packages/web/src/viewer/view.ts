/** @file The zoom and the position of the pictures in the large view. Both pictures have the same view, so that they can be compared spot by spot. */

/** A point in a frame, relative to its middle and in widths and heights of the frame. The upper left corner is (-0.5, -0.5). */
export interface Point {
  x: number;
  y: number;
}

/** The visible part of a picture. */
export interface View {
  /** The magnification; at 1 the whole picture is visible. */
  scale: number;
  /** Position of the middle of the picture in the frame. */
  middle: Point;
}

/** The view that shows the whole picture. */
export const WHOLE: View = { scale: 1, middle: { x: 0, y: 0 } };

/** The largest scale. With it, a pixel of a picture of 512 px covers several pixels of the screen. */
export const MOST_SCALE = 8;

/** The factor by which one press of a zoom key changes the scale. */
export const ZOOM_STEP = 1.4;

/** How far one press of an arrow key moves the picture, as a share of the frame. */
export const MOVE_STEP = 0.12;

/** Zooms by a factor. The point of the picture at `at` stays in place, unless the picture would no longer cover the frame. */
export function zoomedAt({ scale: before, middle }: View, factor: number, at: Point = { x: 0, y: 0 }): View {
  const scale = Math.min(MOST_SCALE, Math.max(1, before * factor));
  const grown = scale / before;
  return within({ scale, middle: { x: at.x - (at.x - middle.x) * grown, y: at.y - (at.y - middle.y) * grown } });
}

/** Moves the picture by a share of the frame, but only as far as it still covers the frame. */
export function movedBy({ scale, middle }: View, by: Point): View {
  return within({ scale, middle: { x: middle.x + by.x, y: middle.y + by.y } });
}

function within({ scale, middle }: View): View {
  const most = (scale - 1) / 2;
  const held = (value: number) => Math.min(most, Math.max(-most, value)) + 0;
  return { scale, middle: { x: held(middle.x), y: held(middle.y) } };
}

/** The view after fingers or the pressed mouse moved from `before` to `after`. One finger moves the picture; two move and zoom it. */
export function dragged(view: View, before: readonly Point[], after: readonly Point[]): View {
  const [from, to] = [middleOf(before), middleOf(after)];
  const moved = movedBy(view, { x: to.x - from.x, y: to.y - from.y });
  const apart = spread(before);
  return apart > 0 ? zoomedAt(moved, spread(after) / apart, to) : moved;
}

function middleOf(points: readonly Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  const count = Math.max(1, points.length);
  return { x: sum.x / count, y: sum.y / count };
}

/** The distance between the first two points, in frames; 0 when there are fewer than two. */
function spread([first, second]: readonly Point[]): number {
  return first && second ? Math.hypot(first.x - second.x, first.y - second.y) : 0;
}

/** The view as a CSS transform of a picture that fills its frame. */
export function transformOf({ scale, middle }: View): string {
  return `translate(${middle.x * 100}%, ${middle.y * 100}%) scale(${scale})`;
}
