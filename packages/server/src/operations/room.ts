/** @file Measures whether there is space on the disk for more pictures. A reserve is kept for answers. */
import { freeBytes } from "@pickapic/disk";

const MEGABYTE = 1024 * 1024;
/** How long a measurement is used, ms. */
const FRESH_MS = 500;

/** The free space of a disk. */
export interface DiskRoom {
  /** Returns the free space, MB. */
  freeMb(): Promise<number>;
  /** Returns false if less than the reserve is free. Then no new images are generated. */
  isEnough(): Promise<boolean>;
}

/** For a worker whose pictures go to a bucket: it writes nothing to its own disk. */
export const ENDLESS_ROOM: DiskRoom = { freeMb: async () => Number.POSITIVE_INFINITY, isEnough: async () => true };

/**
 * Returns the free space of the disk that holds a folder.
 * @param reserveMb space that is kept for answers, MB
 * @param measure returns the free space, bytes; tests pass their own
 */
export function diskRoom(folder: string, reserveMb: number, measure: (folder: string) => Promise<number> = freeBytes): DiskRoom {
  let last = { mb: Number.POSITIVE_INFINITY, at: Number.NEGATIVE_INFINITY };
  const freeMb = async () => {
    const now = performance.now();
    if (now - last.at > FRESH_MS) last = { mb: (await measure(folder)) / MEGABYTE, at: now };
    return last.mb;
  };
  return { freeMb, isEnough: async () => (await freeMb()) >= reserveMb };
}
