/** @file The first pass over a foreign dataset: which rows are valid, and what their splits depend on. */

import { createHash } from "node:crypto";
import { decodePicture, PictureError } from "@pickapic/pictures";
import type { Split } from "../row.ts";
import { InvalidRows } from "./dropped.ts";
import type { Problem } from "./row.ts";
import type { ForeignItem, ForeignSource } from "./source.ts";

/** What is needed of a valid row to make splits. */
export interface SurveyedRow {
  readonly split: Split;
  readonly caption: string;
  readonly user_id: bigint;
  readonly ranking_id: bigint;
}

/**
 * What the first pass found: the valid rows, the invalid ones, and counts of what is read differently from how it was written.
 */
export interface Survey {
  /** One entry per row of the source; undefined for a row that is left out. */
  readonly rows: readonly (SurveyedRow | undefined)[];
  readonly invalid: InvalidRows;
  /** Rows that repeat a ranking of another row. With preserved splits a unique split may repeat a ranking of its base, and does not count. */
  readonly repeated: number;
  readonly oddDifferent: number;
  readonly oddTies: number;
  /** Rows with the votes of many people, and how they were divided. */
  readonly votes: VoteCounts;
  /** The position of each ranking in the source, from 0. With preserved splits a unique row has the position of its ranking. */
  readonly indexOf: ReadonlyMap<bigint, bigint>;
}

/** How strict the first pass is. Aborting `signal` ends it with the signal's reason. */
export interface SurveySettings {
  /** Whether rows stay in their splits, so that a unique split may repeat a ranking. */
  readonly keep: boolean;
  /** Whether pictures are imported: a row whose picture is missing is invalid. */
  readonly images: boolean;
  /** Whether to decode pictures and leave out rows with a broken one. */
  readonly checkPictures: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** How the votes on pairs were divided, where many people judged one pair. */
export interface VoteCounts {
  readonly rows: number;
  /** Rows with as many votes for one image as for the other. */
  readonly even: number;
  /** Other rows in which the winner has less than 60 % of the votes. */
  readonly narrow: number;
  /** Pairs of which each vote became a ranking, and those rankings. */
  readonly repeatedPairs: number;
  readonly repeatedVotes: number;
}

/** Share of the votes below which a preference is called narrow. */
const NARROW = 0.6;

/** Reads every row once, without pictures unless they are checked. */
export async function surveyRows(source: ForeignSource, settings: SurveySettings): Promise<Survey> {
  const { keep, images, checkPictures, signal } = settings;
  const rows: (SurveyedRow | undefined)[] = [];
  const invalid = new InvalidRows();
  const captions = new Map<string, string>();
  const contents = { base: new Map<bigint, Seen>(), unique: new Map<bigint, Seen>() };
  const indexOf = new Map<bigint, bigint>();
  const pictures = new PictureCheck();
  const counts = { repeated: 0, oddDifferent: 0, oddTies: 0 };
  const votes = { rows: 0, even: 0, narrow: 0, repeatedPairs: 0, repeatedVotes: 0 };
  for await (const item of source.read(checkPictures ? "bytes" : images ? "found" : "rows")) {
    signal?.throwIfAborted();
    const seen = contents[keep && item.split.endsWith("_unique") ? "unique" : "base"];
    const earlier = seen.get(item.row.ranking_id ?? 0n);
    const content = contentOf(item);
    const isOther = earlier !== undefined && earlier.content !== content;
    // A ranking in two kept splits is reported later, with its prompt, when the splits are checked.
    const isRepeated = earlier !== undefined && !isOther && !(keep && earlier.split !== item.split);
    const problem = item.problem ?? (isOther ? REPEATED : null) ?? (checkPictures ? await pictures.problemOf(item) : null);
    if (problem) invalid.add(item.split, item.number, item.row.ranking_id, problem);
    else if (isRepeated) counts.repeated++;
    const valid = problem === null && !isRepeated ? validRow(item, captions) : undefined;
    rows.push(valid);
    if (!valid) continue;
    seen.set(valid.ranking_id, { content, split: valid.split });
    if (!indexOf.has(valid.ranking_id)) indexOf.set(valid.ranking_id, BigInt(rows.length - 1));
    if (item.oddDifferent) counts.oddDifferent++;
    if (item.oddTie) counts.oddTies++;
    if (item.share !== null) countVotes(votes, item.share);
    if (item.repeats > 0) votes.repeatedPairs++;
    votes.repeatedVotes += item.repeats;
  }
  return { rows, invalid, indexOf, votes, ...counts };
}

/** What was read of a ranking, and where. */
interface Seen {
  readonly content: string;
  readonly split: Split;
}

function countVotes(votes: { -readonly [K in keyof VoteCounts]: number }, share: number): void {
  votes.rows++;
  if (share === 0.5) votes.even++;
  else if (Math.max(share, 1 - share) < NARROW) votes.narrow++;
}

const REPEATED: Problem = {
  code: "RANKING_REPEATED",
  text: "every ranking_id must be of one ranking, but an earlier row with other values has the same",
};

/** A digest of the content of a ranking, to find repeated ones. */
function contentOf({ row }: ForeignItem): string {
  const { caption, user_id, image_0_uid, image_1_uid, label_0, created_at } = row;
  const text = JSON.stringify([caption, String(user_id), image_0_uid, image_1_uid, label_0, String(created_at)]);
  return createHash("sha256").update(text).digest("base64").slice(0, 16);
}

/** Keeps one string per caption, however often it is read. */
function validRow({ split, row }: ForeignItem, captions: Map<string, string>): SurveyedRow | undefined {
  if (typeof row.caption !== "string" || typeof row.user_id !== "bigint" || typeof row.ranking_id !== "bigint") return undefined;
  const caption = captions.get(row.caption) ?? row.caption;
  captions.set(caption, caption);
  return { split, caption, user_id: row.user_id, ranking_id: row.ranking_id };
}

/** Decodes each picture once. */
class PictureCheck {
  readonly #known = new Map<unknown, Problem | null>();

  async problemOf({ row, pictures: [first, second] }: ForeignItem): Promise<Problem | null> {
    return (await this.#check(row.image_0_uid, first)) ?? (await this.#check(row.image_1_uid, second));
  }

  async #check(uid: unknown, bytes: Uint8Array | undefined): Promise<Problem | null> {
    if (!bytes) return { code: "IMAGE_MISSING", text: `image ${uid} has no bytes` };
    const known = this.#known.get(uid);
    if (known !== undefined) return known;
    const problem = await decodePicture(bytes, { name: `image ${uid}` }).then(
      () => null,
      (error: unknown) => {
        if (error instanceof PictureError) return { code: "IMAGE_BROKEN", text: error.message.replace(/\.$/, "") };
        throw error;
      },
    );
    this.#known.set(uid, problem);
    return problem;
  }
}
