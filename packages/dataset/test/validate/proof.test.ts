import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@pickapic/chance";
import { beforeAll, describe, expect, test } from "vitest";
import { rowOfCells } from "../../src/columns/cells.ts";
import { realFiles } from "../../src/files.ts";
import { openShards, readRaw } from "../../src/read/read.ts";
import { SPLITS, type Split } from "../../src/row.ts";
import { findShards } from "../../src/shards/layout.ts";
import { SHARD_LIMITS } from "../../src/shards/shards.ts";
import { JUDGED, type Judged, problemsOf } from "../../src/validate/consistency.ts";
import { Report } from "../../src/validate/findings.ts";
import { isProvenSound } from "../../src/validate/proof.ts";
import { SplitCheck } from "../../src/validate/splitCheck.ts";
import type { PlacedRow } from "../../src/write/publish.ts";
import { placedRows, publishRows } from "../sample.ts";

let good: PlacedRow[];
beforeAll(async () => {
  good = await placedRows(false);
});

const published = (rows: readonly PlacedRow[], limits = SHARD_LIMITS) => publishRows(rows, false, limits);
const shardsOf = async (folder: string) => openShards(folder, await findShards(folder), realFiles);
const isSound = async (folder: string) => isProvenSound(await shardsOf(folder));
const proofOf = async (rows: readonly PlacedRow[]) => isSound(await published(rows));

const inSplit = (split: Split) => good.findIndex((placed) => placed.split === split);
/** The rows with the first one of a split changed. */
const changed = (split: Split, change: (row: PlacedRow["row"]) => Partial<PlacedRow["row"]>): PlacedRow[] =>
  good.map((placed, i) => (i === inSplit(split) ? { split, row: { ...placed.row, ...change(placed.row) } } : placed));
const duplicate = (from: Split, to: Split): PlacedRow[] => [...good, { split: to, row: good[inSplit(from)]!.row }];
/** The first row of train that is, or is not, a tie. */
const withTie = (isTie: boolean, change: Partial<PlacedRow["row"]>): PlacedRow[] => {
  const at = good.findIndex(({ split, row }) => split === "train" && (row.label_0 === 0.5) === isTie);
  return good.map((placed, i) => (i === at ? { ...placed, row: { ...placed.row, ...change } } : placed));
};

test("a good dataset is proven sound: in any order, in many row groups, and without what may be null; none that lacks a split is", async () => {
  expect(await proofOf(good)).toBe(true);
  expect(await proofOf(good.toReversed())).toBe(true);
  expect(await isSound(await published(good, { ...SHARD_LIMITS, groupRows: 3 }))).toBe(true);
  const nothing = { slot_0: null, kept_image: null, simulated: null, __index_level_0__: null };
  expect(await proofOf(changed("train", () => nothing))).toBe(true);
  expect(await proofOf(good.map(({ split, row }) => ({ split, row: { ...row, ...nothing } })))).toBe(true);
  const shards = await shardsOf(await published(good));
  expect(await isProvenSound(new Map([...shards].slice(1)))).toBe(false);
});

test("files of pyarrow are proven sound, too", async () => {
  expect(await isSound(fileURLToPath(new URL("../../../../fixtures/dataset/original", import.meta.url)))).toBe(true);
});

test("texts beyond ASCII are compared as they are", async () => {
  const { caption } = good[inSplit("train")]!.row;
  const renamed = (text: string) =>
    good.map((placed) => (placed.row.caption === caption ? { ...placed, row: { ...placed.row, caption: text } } : placed));
  expect(await proofOf(renamed("\u2003ein Äpfelchen 🍎"))).toBe(true);
  expect(await proofOf(renamed("\u2003\ufeff "))).toBe(false);
});

describe("none is proven sound in which a row breaks a rule", () => {
  test.each<[string, () => PlacedRow[]]>([
    ...JUDGED.map((name): [string, () => PlacedRow[]] => [`${name} is empty`, () => changed("train", () => ({ [name]: null }))]),
    ["num_example_per_prompt is empty", () => changed("train", () => ({ num_example_per_prompt: null as unknown as bigint }))],
    ["a label is 0.3", () => changed("train", () => ({ label_0: 0.3 }))],
    ["both labels are 1", () => withTie(false, { label_0: 1, label_1: 1 })],
    ["one label is 0.5", () => withTie(false, { label_0: 0.5 })],
    ["a tie is said to have a label", () => withTie(true, { has_label: true })],
    ["a choice is said to have none", () => withTie(false, { has_label: false })],
    ["a tie has a winner", () => withTie(true, { best_image_uid: "image-1-0" })],
    ["a choice has none", () => withTie(false, { best_image_uid: "none" })],
    [
      "the loser won",
      () => changed("test", (row) => ({ best_image_uid: row.label_0 === 1 ? row.image_1_uid : row.image_0_uid })),
    ],
    ["the winner's uid goes on", () => changed("test", ({ best_image_uid }) => ({ best_image_uid: `${best_image_uid}0` }))],
    [
      "the winner's uid is cut short",
      () => withTie(false, { best_image_uid: "image", image_0_uid: "image-a", image_1_uid: "image-b" }),
    ],
    [
      "both images are one",
      () => changed("train", ({ image_1_uid }) => ({ image_0_uid: image_1_uid, best_image_uid: image_1_uid })),
    ],
    ["different models are said to be one", () => changed("train", ({ are_different }) => ({ are_different: !are_different }))],
    ["the side is the top", () => changed("train", () => ({ slot_0: "top" as "left" }))],
    ["the third image was kept", () => changed("train", () => ({ kept_image: 2 as 1 }))],
    ["the simulated person is no JSON", () => changed("train", () => ({ simulated: "{" }))],
    ["a count is wrong", () => changed("train", () => ({ num_example_per_prompt: 99n }))],
    [
      "a count is wrong by 2^32",
      () => changed("test", ({ num_example_per_prompt: n }) => ({ num_example_per_prompt: n + 2n ** 32n })),
    ],
    ["a prompt is in two splits", () => duplicate("train", "test")],
    ["a ranking is there twice", () => duplicate("train", "train")],
    ["a prompt is in a unique split twice", () => duplicate("validation_unique", "validation_unique")],
    ["a unique ranking is from elsewhere", () => duplicate("test_unique", "validation_unique")],
    ["a unique ranking is not in its base", () => changed("test_unique", () => ({ ranking_id: 123_456n }))],
    ["a prompt has no unique ranking", () => good.filter((_, i) => i !== inSplit("test_unique"))],
    ["a unique row counts two rankings", () => changed("test_unique", () => ({ num_example_per_prompt: 2n }))],
    ["a prompt is blank", () => changed("train", () => ({ caption: " \u2003", num_example_per_prompt: 1n }))],
    ["a prompt of a unique split is empty", () => changed("test_unique", () => ({ caption: "" }))],
  ])("%s", async (_, rows) => {
    expect(await proofOf(rows())).toBe(false);
  });

  test("all rows of a prompt have the same wrong count", async () => {
    const { caption } = good[inSplit("train")]!.row;
    const told = good.map((placed) =>
      placed.row.caption === caption ? { ...placed, row: { ...placed.row, num_example_per_prompt: 99n } } : placed,
    );
    expect(await proofOf(told)).toBe(false);
  });

  test("two rankings have one id, near each other, far from each other, or beyond what fits into 32 and 53 bits", async () => {
    const ids = [
      (id: bigint) => id,
      (id: bigint) => id * 1_000_003n,
      (id: bigint) => id + 2n ** 33n,
      (id: bigint) => id - 9n,
      (id: bigint) => id + 2n ** 60n,
    ];
    const renamed = (rows: PlacedRow[], of: (id: bigint) => bigint) =>
      rows.map((placed) => ({ ...placed, row: { ...placed.row, ranking_id: of(placed.row.ranking_id) } }));
    const last = good.findLast(({ split }) => split === "train");
    for (const of of ids) {
      expect(await proofOf(renamed(good, of))).toBe(true);
      for (const other of [last, good[inSplit("validation")], good[inSplit("test")]])
        expect(
          await proofOf(
            renamed(
              changed("train", () => ({ ranking_id: other!.row.ranking_id })),
              of,
            ),
          ),
        ).toBe(false);
    }
  });

  test("but ids of which only the upper halves differ are different", async () => {
    const last = good.findLast(({ split }) => split === "train");
    expect(await proofOf(changed("train", () => ({ ranking_id: last!.row.ranking_id + 2n ** 32n })))).toBe(true);
  });

  test("a person has two prompts in the unique splits, where there are enough prompts", async () => {
    const of = (count: number, people: number): PlacedRow[] =>
      Array.from({ length: count }, (_, i): PlacedRow[] => {
        const { row } = good[inSplit("train")]!;
        const own = {
          ...row,
          ranking_id: BigInt(i),
          caption: `prompt ${i}`,
          user_id: BigInt(i % people),
          num_example_per_prompt: 1n,
        };
        return (["validation", "validation_unique"] as const).map((split) => ({ split, row: own }));
      }).flat();
    const others = good.filter(({ split }) => !split.startsWith("validation"));
    const far = others.map(({ split, row }) => ({
      split,
      row: { ...row, ranking_id: row.ranking_id + 10_000n, user_id: row.user_id + 10_000n },
    }));
    expect(await proofOf([...of(61, 61), ...far])).toBe(true);
    expect(await proofOf([...of(61, 60), ...far])).toBe(false);
  });
});

/** Whether the row-by-row checks find nothing. */
async function isFoundSound(folder: string): Promise<boolean> {
  const report = new Report();
  const splits = new SplitCheck(report);
  const columns = [...JUDGED, "num_example_per_prompt", "slot_0", "kept_image", "simulated"] as const;
  const shards = await shardsOf(folder);
  for (const [split, of] of shards)
    for await (const raw of readRaw(of, columns)) {
      const row: Judged = rowOfCells(raw);
      if (problemsOf(row).length > 0) return false;
      splits.add(split, raw);
    }
  splits.finish(new Set(SPLITS));
  return report.findings().length === 0;
}

test("a file with a wrong byte is never proven sound when the row-by-row checks find something", async () => {
  const folder = await published(good, { ...SHARD_LIMITS, groupRows: 12 });
  const random = seededRandom(17);
  const path = join(folder, "data", "train-00000-of-00001.parquet");
  const sound = await readFile(path);
  let [proven, notProven] = [0, 0];
  for (let i = 0; i < 150; i++) {
    const broken = Buffer.from(sound);
    for (let wrong = 0; wrong <= i % 3; wrong++) broken[Math.floor(random() * broken.length)] = Math.floor(256 * random());
    await writeFile(path, broken);
    const isProven = await isSound(folder).catch(() => false);
    if (isProven) {
      proven++;
      expect(await isFoundSound(folder)).toBe(true);
    } else notProven++;
  }
  expect(proven).toBeGreaterThan(10);
  expect(notProven).toBeGreaterThan(30);
});
