/** @file The checked picture file from which both pixel policies read. */

import type { Metadata, Sharp } from "sharp";

/** A picture file whose kind and size have been checked. */
export interface Opened {
  readonly picture: Sharp;
  /** What the file's header says. */
  readonly facts: Metadata;
  readonly bytes: Uint8Array;
}
