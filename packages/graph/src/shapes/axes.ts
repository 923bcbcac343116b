/** @file Arithmetic of shapes: elements, lengths of axes, broadcasting. */
import { itemAt } from "@pickapic/errors";
import type { Shape } from "../ops.ts";

/** The number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/** The length of one axis of a shape. Negative axes count from the end. @throws RangeError when there is no such axis */
export const lengthAt = (shape: Shape, axis: number): number => itemAt(shape, axis < 0 ? axis + shape.length : axis);

/** Returns the shape of two operands after NumPy's broadcasting, or undefined. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Shape, i: number) => shape[i - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, i) => (at(a, i) === 1 ? at(b, i) : at(a, i)));
  const fits = shape.every((n, i) => [1, n].includes(at(a, i)) && [1, n].includes(at(b, i)));
  return fits ? shape : undefined;
}
