/** @file What both ways of reading start from. */

import type { Metadata, Sharp } from "sharp";

/** A file whose kind and size have been checked. */
export interface Opened {
  readonly picture: Sharp;
  /** What the header says. */
  readonly facts: Metadata;
  readonly bytes: Uint8Array;
}
