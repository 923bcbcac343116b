/** @file The thanked answers of a crowd: a count, and a file that survives a crash. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** One answer that the app thanked. */
export interface Thanked {
  ranking: number;
  /** The app's id of the user. */
  user: string;
  round: string;
  comparison: string;
  choice: "left" | "right" | "tie";
  /** Idempotency key of the answer. */
  key: string;
}

/** Writes down answers that the app thanked. `add` returns when the answer is written to the file. */
export interface ThankedLog {
  add(answer: Thanked): void;
  close(): void;
}

/** Appends one JSON line per answer to `path`, each written before the next request is sent. Without a path there is no file. */
export function openThankedLog(path: string | undefined): ThankedLog {
  if (path === undefined) return { add() {}, close() {} };
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "a");
  return {
    add: (answer) => {
      writeSync(file, `${JSON.stringify(answer)}\n`);
    },
    close: () => closeSync(file),
  };
}
