/** @file Computes the proportions of the frames of a pair. */
import type { CSSProperties } from "react";

/**
 * Width divided by height of both frames, as the CSS variable `--ratio`, by which styles.css lays out the pair. For pictures of different proportions
 * it is the geometric mean, with which both have the same share of empty edges.
 * @param pictures at least one, px
 */
export function proportions(pictures: readonly { width: number; height: number }[]): CSSProperties {
  const logs = pictures.map(({ width, height }) => Math.log(width / height));
  const ratio = Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  return { "--ratio": ratio.toFixed(4) } as CSSProperties;
}
