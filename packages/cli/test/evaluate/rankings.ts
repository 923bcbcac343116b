/** @file A dataset that is made within a second: rankings of a few tiny pictures by people who like red, with ties. */
import { type Random, seededRandom } from "@pickapic/chance";
import { labelColumns, memorySource, nanosecondsOf, type RankingRecord, UNRECORDED, writeDataset } from "@pickapic/dataset";
import sharp from "sharp";

const PICTURES = 40;
const MODELS = ["a", "b", "c"];
const START = nanosecondsOf(new Date("2026-03-01T12:00:00Z"));

/** How red each picture is, 0...1. */
const redness = (picture: number): number => (picture * 0.381966) % 1;

/** A JPEG of noise, with as much red as its number says. */
async function tinyPicture(picture: number): Promise<Uint8Array> {
  const random = seededRandom(picture + 1);
  const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i % 3 === 0 ? 255 * redness(picture) : 200 * random()));
  return sharp(data, { raw: { width: 16, height: 16, channels: 3 } })
    .jpeg()
    .toBuffer();
}

/** What is odd about the rankings. */
export interface Oddities {
  /** Whether all of them are ties, or none. */
  ties?: "all" | "none";
  /** All of one person. */
  onePerson?: boolean;
  /** All of one prompt. */
  onePrompt?: boolean;
  /** Rankings of each prompt; default 2. */
  perPrompt?: number;
}

function record(i: number, random: Random, { ties, onePerson, onePrompt, perPrompt = 2 }: Oddities): RankingRecord {
  const prompt = Math.floor(i / perPrompt);
  const first = Math.floor(PICTURES * random());
  const second = (first + 1 + Math.floor((PICTURES - 1) * random())) % PICTURES;
  const likes = redness(first) - redness(second) + 0.5 * (random() - 0.5);
  const isTie = ties === undefined ? Math.abs(likes) < 0.08 : ties === "all";
  const label = isTie ? "tie" : likes > 0 ? 0 : 1;
  const [uid0, uid1] = [`picture-${first}`, `picture-${second}`];
  return {
    ...UNRECORDED,
    ...labelColumns(label, uid0, uid1),
    ...{ image_0_uid: uid0, image_1_uid: uid1, image_0_url: "", image_1_url: "" },
    are_different: first % 3 !== second % 3,
    model_0: MODELS[first % 3] ?? "",
    model_1: MODELS[second % 3] ?? "",
    caption: onePrompt ? "the prompt" : `prompt ${prompt}${" long".repeat(prompt % 8)}`,
    created_at: START + BigInt(i) * 60_000_000_000n,
    ranking_id: BigInt(i + 1),
    user_id: onePerson ? 1n : BigInt(1 + prompt),
  };
}

/** Writes `count` rankings, two of each prompt, with about `heldOutPrompts` / 2 examples in test_unique. */
export async function writeRankings(folder: string, count: number, heldOutPrompts: number, odd: Oddities = {}): Promise<void> {
  const random = seededRandom(9);
  const records = Array.from({ length: count }, (_, i) => record(i, random, odd));
  const source = memorySource(records, (uid) => tinyPicture(Number(uid.split("-")[1])));
  await writeDataset(source, folder, { images: true, seed: 1, name: "test", heldOutPrompts, heldOutShare: 0.9 });
}
