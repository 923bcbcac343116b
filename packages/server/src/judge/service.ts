/** @file What the routes of the judge work with: the judge, its callers, its images, and the bounds of what may arrive at a time. */
import { type ImageAccess, type Judge, JudgeError, type KeyRing } from "@pickapic/judge";
import type { JudgeMetrics } from "./metrics.ts";

/** What the routes of the judge use. */
export interface JudgeService {
  readonly judge: Judge;
  /** Null: callers need no key. */
  readonly keys: KeyRing | null;
  readonly images: ImageAccess;
  readonly room: BodyRoom;
  readonly metrics: JudgeMetrics;
}

/** Largest body of a question, bytes: 64 PNGs of 512 x 512 px in base64 fit. */
export const QUESTION_LIMIT = 64 * 1024 * 1024;
/** Bytes of all bodies together that may be in memory; a question takes about three times its body. */
const ROOM = 512 * 1024 * 1024;

/** Counts the bodies that are in memory, so that many large questions at once are refused instead of filling it. */
export class BodyRoom {
  readonly #bytes: number;
  #taken = 0;

  /** @param bytes the most that may be in memory */
  constructor(bytes: number = ROOM) {
    this.#bytes = bytes;
  }

  /** Takes room for a body until the returned function is called. @throws JudgeError PICKAPIC_JUDGE_MEMORY */
  take(bytes: number): () => void {
    if (this.#taken + bytes > this.#bytes) throw new JudgeError("PICKAPIC_JUDGE_MEMORY", this.#bytes / 1024 / 1024);
    this.#taken += bytes;
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken -= bytes;
      isTaken = false;
    };
  }
}
