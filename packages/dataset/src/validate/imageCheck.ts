/** @file Checks that the pictures of a dataset can be decoded, and that each uid is one picture. */

import { hash } from "node:crypto";
import type { Split } from "../row.ts";
import type { RawRow } from "../shards/parquet.ts";
import type { Report } from "./findings.ts";
import { imageProblem } from "./images.ts";

/** Characters of the hash of a picture that are stored for its uid: 256 bits. */
const CONTENT_LENGTH = 43;
/** Pictures of the last rows, in which the next rows' pictures are found: the one that a person preferred is often in the next ranking, too. */
const RECENT = 8;

/** Both tell pictures apart. SHA-256 takes half of the time of BLAKE2b on processors with instructions for it, and twice its time on others. */
const HASHES = ["sha256", "blake2b512"] as const;
/** About the size of a picture, bytes, and how often each hash is tried. */
const [TRIED_BYTES, TRIES] = [1 << 16, 3];

/** The hash that is faster on this processor, by the best of a few tries, which take about a millisecond. */
function fasterHash(): (typeof HASHES)[number] {
  const bytes = new Uint8Array(TRIED_BYTES);
  const millisecondsOf = (name: string) => {
    const start = performance.now();
    hash(name, bytes, "base64url");
    return performance.now() - start;
  };
  const [sha, blake] = HASHES.map((name) => Math.min(...Array.from({ length: TRIES }, () => millisecondsOf(name))));
  return (sha ?? 0) < (blake ?? 0) ? "sha256" : "blake2b512";
}

/** Checks pictures: each uid has one content, which can be decoded. */
export class ImageCheck {
  readonly #report: Report;
  readonly #decode: boolean;
  readonly #hash = fasterHash();
  readonly #contents = new Map<string, string>();
  readonly #recent = new Map<string, Uint8Array>();

  constructor(report: Report, decode: boolean) {
    this.#report = report;
    this.#decode = decode;
  }

  async check(split: Split, row: RawRow): Promise<RawRow> {
    await this.#checkOne(split, row, row.image_0_uid, row.jpg_0);
    await this.#checkOne(split, row, row.image_1_uid, row.jpg_1);
    return { ...row, jpg_0: undefined, jpg_1: undefined };
  }

  async #checkOne(split: Split, row: RawRow, uid: unknown, bytes: unknown): Promise<void> {
    if (bytes === undefined || typeof uid !== "string") return;
    if (!(bytes instanceof Uint8Array))
      return this.#report.addRow("error", "IMAGE_EMPTY", split, `ranking ${row.ranking_id}: image ${uid} has no bytes`);
    const recent = this.#recent.get(uid);
    if (recent && Buffer.compare(recent, bytes) === 0) return;
    const content = hash(this.#hash, bytes, "base64url").slice(0, CONTENT_LENGTH);
    const known = this.#contents.get(uid);
    this.#contents.set(uid, known ?? content);
    if (known === undefined || known === content) this.#remember(uid, bytes);
    if (known === content) return;
    if (known !== undefined) {
      this.#report.addRow(
        "error",
        "IMAGE_DIFFERS",
        split,
        `ranking ${row.ranking_id}: image ${uid} must be the same in every row, but its bytes differ from an earlier row`,
      );
    }
    const problem = this.#decode ? await imageProblem(bytes) : undefined;
    if (problem)
      this.#report.addRow(
        "error",
        "IMAGE_BROKEN",
        split,
        `ranking ${row.ranking_id}: image ${uid} cannot be decoded: ${problem}`,
      );
  }

  /** Remembers the picture of a uid, as it was in the first row that had it. */
  #remember(uid: string, bytes: Uint8Array): void {
    this.#recent.delete(uid);
    this.#recent.set(uid, bytes);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > RECENT && oldest !== undefined) this.#recent.delete(oldest);
  }
}
