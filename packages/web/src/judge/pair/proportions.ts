/** @file The shape of the frames of a pair. */
import type { CSSProperties } from "react";

/**
 * Width by height of both frames, as the variable that styles.css lays the pair out by. Pictures of two proportions share a frame between them: the
 * geometric mean, in which both lose the same share to empty edges.
 * @param pictures at least one, px
 */
export function proportions(pictures: readonly { width: number; height: number }[]): CSSProperties {
  const logs = pictures.map(({ width, height }) => Math.log(width / height));
  const ratio = Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  return { "--ratio": ratio.toFixed(4) } as CSSProperties;
}
