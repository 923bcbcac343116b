/** @file What the routes of the judge work with: the judge, its callers, its images, and the bounds of what may arrive at a time. */
import { type ImageAccess, type Judge, JudgeError, type KeyRing } from "@pickapic/judge";
import type { JudgeMetrics } from "./metrics.ts";

/** What the routes of the judge use. */
export interface JudgeService {
  readonly judge: Judge;
  /** Null: callers need no key. */
  readonly keys: KeyRing | null;
  /** The keys of operators, who may exchange the scorer. Null: the scorer cannot be exchanged. */
  readonly operators: KeyRing | null;
  readonly images: ImageAccess;
  readonly room: BodyRoom;
  readonly metrics: JudgeMetrics;
}

/** Largest body of a question, bytes: 64 PNGs of 512 x 512 px in base64 fit. */
export const QUESTION_LIMIT = 64 * 1024 * 1024;
/** Bytes of all bodies together that may be in memory; a question takes about three times its body. */
const ROOM = 512 * 1024 * 1024;

/** Bytes of memory for bodies that stay allocated while no question needs them. */
const SPARE = 64 * 1024 * 1024;
/** Memory for bodies comes in powers of two of this size and more, bytes. */
const LEAST_PIECE = 64 * 1024;

/** Room for the body of one question. */
export interface BodyLease {
  /** Memory for all of the body; null when the lease has ended. Its end is no longer the body's. */
  memory(): Buffer | null;
  /** Ends the lease: its memory goes to the next question. */
  release(): void;
}

/**
 * Counts the bodies that are in memory, so that many large questions at once are refused instead of filling it. It gives the same memory to question
 * after question: fresh memory for each makes the garbage collector look through everything after some 50 questions, for longer than all of them took.
 */
export class BodyRoom {
  readonly #bytes: number;
  readonly #spare = new Map<number, Buffer[]>();
  #spareBytes = 0;
  #taken = 0;

  /** @param bytes the most that may be in memory */
  constructor(bytes: number = ROOM) {
    this.#bytes = bytes;
  }

  /** Takes room for a body. @throws JudgeError PICKAPIC_JUDGE_MEMORY */
  take(bytes: number): BodyLease {
    if (this.#taken + bytes > this.#bytes) throw new JudgeError("PICKAPIC_JUDGE_MEMORY", this.#bytes / 1024 / 1024);
    this.#taken += bytes;
    let isOver = false;
    let piece: Buffer | null = null;
    return {
      memory: () => {
        if (isOver) return null;
        piece ??= this.#allocate(bytes);
        return piece.subarray(0, bytes);
      },
      release: () => {
        if (isOver) return;
        isOver = true;
        this.#taken -= bytes;
        if (piece) this.#spareFor(piece);
      },
    };
  }

  #allocate(bytes: number): Buffer {
    const size = Math.max(LEAST_PIECE, 2 ** Math.ceil(Math.log2(bytes)));
    const piece = this.#spare.get(size)?.pop();
    if (!piece) return Buffer.allocUnsafeSlow(size);
    this.#spareBytes -= size;
    return piece;
  }

  #spareFor(piece: Buffer): void {
    if (this.#spareBytes + piece.length > SPARE) return;
    this.#spareBytes += piece.length;
    const pieces = this.#spare.get(piece.length);
    if (pieces) pieces.push(piece);
    else this.#spare.set(piece.length, [piece]);
  }
}
