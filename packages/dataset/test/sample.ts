/** @file Rankings to test with: made from a seed, with unequal users and prompts, ties, kept images. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@pickapic/chance";
import sharp from "sharp";
import { onTestFinished } from "vitest";
import { temporaryFolder as keptFolder } from "../../../test/support/temporaryFolder.ts";
import { realFiles } from "../src/files.ts";
import { openDataset } from "../src/read/read.ts";
import { labelColumns, nanosecondsOf, SPLITS } from "../src/row.ts";
import { SHARD_LIMITS } from "../src/shards/shards.ts";
import { memorySource, type PreferenceSource, type RankingRecord } from "../src/source.ts";
import { type PlacedRow, publish } from "../src/write/publish.ts";
import { writeDataset } from "../src/write/write.ts";

/** A folder that is removed when all tests of a file are over. */
export { keptFolder };

const MODELS = ["toy-xl", "toy-turbo", "toy-base"];
const START = nanosecondsOf(new Date("2026-03-01T12:00:00Z"));

/** Rankings of `people` people, each with 1 to 4 prompts of 1 to 5 rankings; "a shared prompt" belongs to several people. */
export function sampleRecords(people = 12, seed = 1): RankingRecord[] {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const records: RankingRecord[] = [];
  for (let user = 1; user <= people; user++) {
    for (let prompt = 0; prompt <= below(4); prompt++) {
      const caption = user % 5 === 0 && prompt === 0 ? "a shared prompt" : `prompt ${prompt} of ${user}, "an 🍎" — <b>`;
      for (let i = 0; i <= below(5); i++) records.push(record(records.length + 1, user, caption, i, random));
    }
  }
  return records;
}

function record(id: number, user: number, caption: string, step: number, random: () => number): RankingRecord {
  const model = () => MODELS[Math.floor(random() * MODELS.length)] as string;
  const choice = random() < 0.15 ? "tie" : random() < 0.5 ? 0 : 1;
  const [model_0, model_1] = [model(), model()];
  const [image_0_uid, image_1_uid] = [`image-${id}-0`, `image-${id}-1`];
  return {
    are_different: model_0 !== model_1,
    caption,
    created_at: START + BigInt(id) * 60_000_000_000n + 123n,
    image_0_uid,
    image_0_url: `https://example.org/${image_0_uid}`,
    image_1_uid,
    image_1_url: `https://example.org/${image_1_uid}`,
    ...labelColumns(choice, image_0_uid, image_1_uid),
    model_0,
    model_1,
    ranking_id: BigInt(id),
    user_id: BigInt(user),
    seed_0: BigInt(Math.floor(random() * 2 ** 31)),
    seed_1: BigInt(Math.floor(random() * 2 ** 31)),
    guidance_scale_0: 3 + 9 * random(),
    guidance_scale_1: 3 + 9 * random(),
    negative_prompt_0: "ugly, blurry",
    negative_prompt_1: "ugly, blurry",
    steps_0: 25,
    steps_1: 4,
    scheduler_0: "euler",
    scheduler_1: "lcm",
    slot_0: random() < 0.5 ? "left" : "right",
    kept_image: step === 0 ? null : random() < 0.5 ? 0 : 1,
    answer_ms: 800 + Math.floor(4000 * random()),
    consent_version: "2026-01",
    simulated: null,
    draw_probability: 0.25,
  };
}

type Format = "png" | "jpeg" | "webp";

/** Pictures that were made before: hundreds of tests ask for the same few hundred. */
const pictures = new Map<string, Promise<Uint8Array>>();

/** A small picture whose colour depends on the uid. The bytes are the caller's own. */
export async function samplePicture(uid: string, format: Format = "png"): Promise<Uint8Array> {
  const key = `${format} ${uid}`;
  const picture = pictures.get(key) ?? makePicture(uid, format);
  pictures.set(key, picture);
  return Uint8Array.from(await picture);
}

async function makePicture(uid: string, format: Format): Promise<Uint8Array> {
  let hash = 7;
  for (const letter of uid) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  const background = { r: hash & 255, g: (hash >> 8) & 255, b: (hash >> 16) & 255 };
  return sharp({ create: { width: 24, height: 16, channels: 3, background } })
    .toFormat(format)
    .toBuffer();
}

export function sampleSource(records: readonly RankingRecord[] = sampleRecords()): PreferenceSource {
  return memorySource(records, (uid) => samplePicture(uid));
}

/** A folder that is removed when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-dataset-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}

/** The rows of a sound dataset of 30 people, each with its split. */
export async function placedRows(images: boolean): Promise<PlacedRow[]> {
  const folder = join(keptFolder(), "dataset");
  await writeDataset(sampleSource(sampleRecords(30)), folder, { images, seed: 1, name: "Sample" });
  const dataset = await openDataset(folder);
  const rows = SPLITS.map(async (split) => (await collect(dataset.read(split))).map((row) => ({ split, row })));
  return (await Promise.all(rows)).flat();
}

/** Publishes rows as they are, past the checks of `writeDataset`, and returns the folder, which is removed after the test. */
export async function publishRows(rows: readonly PlacedRow[], images = true, limits = SHARD_LIMITS): Promise<string> {
  const folder = join(await temporaryFolder(), "dataset");
  async function* placed() {
    yield* rows;
  }
  const about = { name: "x", license: "mit", seed: 0, rule: "", warnings: [] };
  await publish({ folder, replace: false, images, ...about, total: rows.length }, placed(), { files: realFiles, limits });
  return folder;
}
