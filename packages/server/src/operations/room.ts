/** @file Whether there is room on the disk for more pictures. The last of it is kept for answers. */
import { freeBytes } from "@pickapic/disk";

const MEGABYTE = 1024 * 1024;
/** A measurement counts so long, ms. */
const FRESH_MS = 500;

export interface DiskRoom {
  /** MB that may be written. */
  freeMb(): Promise<number>;
  /** False when less than the reserve is left: then nothing new is generated. */
  isEnough(): Promise<boolean>;
}

/**
 * @param folder on the disk
 * @param reserveMb MB that are kept for answers
 * @param measure bytes that may be written; tests pass their own
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
