/** @file How far both pictures are zoomed and moved. One view for both, so that they can be compared spot by spot. Pure. */

/** A point of a frame: from its middle, in widths and heights of the frame; (-0.5, -0.5) is the upper left corner. */
export interface Point {
  x: number;
  y: number;
}

/** What of a picture is seen. */
export interface View {
  /** 1: the whole picture. */
  scale: number;
  /** Where the middle of the picture lies. */
  middle: Point;
}

/** The whole picture. */
export const WHOLE: View = { scale: 1, middle: { x: 0, y: 0 } };

/** A pixel of a picture of 512 px covers several of the screen by then. */
export const MOST_SCALE = 8;

/** What one press of a zoom key or one notch of a wheel multiplies the scale by. */
export const ZOOM_STEP = 1.4;

/** What one press of an arrow key moves by, in frames. */
export const MOVE_STEP = 0.12;

/** Zooms by a factor; what lies at `at` stays there, unless the picture would leave its frame. */
export function zoomedAt({ scale: before, middle }: View, factor: number, at: Point = { x: 0, y: 0 }): View {
  const scale = Math.min(MOST_SCALE, Math.max(1, before * factor));
  const grown = scale / before;
  return within({ scale, middle: { x: at.x - (at.x - middle.x) * grown, y: at.y - (at.y - middle.y) * grown } });
}

/** Moves the picture by a part of the frame, as far as it still covers the frame. */
export function movedBy({ scale, middle }: View, by: Point): View {
  return within({ scale, middle: { x: middle.x + by.x, y: middle.y + by.y } });
}

function within({ scale, middle }: View): View {
  const most = (scale - 1) / 2;
  const held = (value: number) => Math.min(most, Math.max(-most, value)) + 0;
  return { scale, middle: { x: held(middle.x), y: held(middle.y) } };
}

/** The view after fingers (or the pressed mouse) went from `before` to `after`: one moves, two move and zoom. */
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

/** The distance of the first two points, in frames; 0 where there are fewer. */
function spread([first, second]: readonly Point[]): number {
  return first && second ? Math.hypot(first.x - second.x, first.y - second.y) : 0;
}

/** As a CSS transform of a picture that fills its frame. */
export function transformOf({ scale, middle }: View): string {
  return `translate(${middle.x * 100}%, ${middle.y * 100}%) scale(${scale})`;
}
