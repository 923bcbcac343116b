import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { formatOf } from "../../src/foreign/formats/all.ts";
import { type ImportSettings, importDataset } from "../../src/foreign/import.ts";
import { openDataset } from "../../src/read/read.ts";
import type { PreferenceRow } from "../../src/row.ts";
import { validateDataset } from "../../src/validate/validate.ts";
import { collect, samplePicture, temporaryFolder } from "../sample.ts";

/** Made by pyarrow and datasets: see fixtures/dataset/make_formats.py. */
const FIXTURES = new URL("../../../../fixtures/dataset/formats/", import.meta.url).pathname;
const { pairs: PAIRS } = JSON.parse(await readFile(join(FIXTURES, "expected.json"), "utf8")) as {
  readonly pairs: Readonly<Record<string, readonly { prompt: string; winner: 0 | 1 | "tie"; pictures: string[] }[]>>;
};

const sha = (bytes: Uint8Array | undefined) =>
  createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");
const winnerOf = ({ label_0 }: PreferenceRow) => (label_0 === 0.5 ? "tie" : label_0 === 1 ? 0 : 1);

async function imported(from: string, settings: ImportSettings = {}) {
  const folder = join(await temporaryFolder(), "out");
  const summary = await importDataset(from, folder, { license: "cc0-1.0", ...settings });
  const dataset = await openDataset(folder);
  const rows: PreferenceRow[] = [];
  for (const split of ["train", "validation", "test"] as const) rows.push(...(await collect(dataset.read(split))));
  rows.sort((a, b) => Number(a.ranking_id - b.ranking_id));
  expect((await validateDataset(folder)).filter(({ severity }) => severity === "error")).toEqual([]);
  return { summary, dataset, rows };
}

/** Writes a table and its pictures, named by their paths, and imports it. */
async function written(file: string, table: unknown, pictures: readonly string[] = [], settings: ImportSettings = {}) {
  const folder = join(await temporaryFolder(), "from");
  const text = typeof table === "string" ? table : JSON.stringify(table);
  for (const [path, content] of [[file, text] as const, ...pictures.map((each) => [each, null] as const)]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content ?? (await samplePicture(path, "jpeg")));
  }
  return imported(folder, settings);
}

/** Prompt, both uids, who won and who judged, of each row. */
const told = (rows: readonly PreferenceRow[]) =>
  rows.map((row) => [row.caption, row.image_0_uid, row.image_1_uid, winnerOf(row), Number(row.user_id)]);

describe("sets in Parquet, as their own tools write them", () => {
  test.each(["rapidata-votes", "rapidata-weighted", "mmrb2"])(
    "%s: prompt, winner and both pictures of each pair",
    async (name) => {
      const { rows } = await imported(join(FIXTURES, name), { invalidRows: "drop" });
      expect(
        rows.map((row) => ({ prompt: row.caption, winner: winnerOf(row), pictures: [sha(row.jpg_0), sha(row.jpg_1)] })),
      ).toEqual(PAIRS[name]);
    },
  );

  test("the votes that a ranking has no column for are counted, and pairs of another task by their reason", async () => {
    const { summary } = await imported(join(FIXTURES, "rapidata-votes"));
    expect(summary.warnings).toContainEqual(
      expect.stringMatching(/^4 rows count the votes .*Ties, of equal votes: 1; winners with less than 60 % of the votes: 2\.$/),
    );
    const { summary: other } = await imported(join(FIXTURES, "mmrb2"), { invalidRows: "drop" });
    expect(other.dropped).toEqual([
      { code: "TASK", reason: "the pair is not two pictures for a text", count: 1, rows: ["train row 4"] },
    ]);
  });

  test("`repeat` makes each counted vote a ranking of a person of its own, whose pair is the same; weighted shares are no counts", async () => {
    const { rows, summary } = await imported(join(FIXTURES, "rapidata-votes"), { votes: "repeat" });
    expect(rows).toHaveLength(4 * 26);
    expect(new Set(rows.map(({ user_id }) => user_id)).size).toBe(4 * 26);
    const wins = [...Map.groupBy(rows, (row) => [row.caption, row.image_0_uid, row.image_1_uid, sha(row.jpg_0)].join())];
    expect(wins.map(([, own]) => [own.filter(({ label_0 }) => label_0 === 1).length, own.length])).toEqual([[14, 26], [3, 26], [13, 26], [14, 26]]);
    expect(summary.warnings).toContainEqual(expect.stringMatching(/^4 pairs were written as 104 rankings, one for each vote\. Who voted is not told/));
    expect(summary.warnings.join()).not.toContain("each prompt counts as a person");
    const weighted = await imported(join(FIXTURES, "rapidata-weighted"), { votes: "repeat" });
    expect(weighted.rows).toHaveLength(4);
    expect(weighted.summary.warnings.join("\n")).toMatch(/nothing to repeat: no row counts votes(.|\n)*4 rows count the votes/);
    const table = [{ prompt: "one", path1: "a.jpg", path2: "b.jpg", choice_dist: [1, 3] }];
    const sorted = await written("train.json", table, [], { images: false, votes: "repeat" });
    expect(sorted.rows.map(winnerOf)).toEqual([0, 0, 0, 1]);
  }); // biome-ignore format: a table

  test("an arena's log has prompts, people, times and models, and no pictures", async () => {
    const { rows, dataset } = await imported(join(FIXTURES, "arena"));
    expect(dataset.hasImages).toBe(false);
    expect(
      rows.map((row) => [row.caption.slice(0, 8), row.model_1, winnerOf(row), row.user_id, row.created_at / 1_000_000_000n]),
    ).toEqual([
      ["prompt 0", "vicuna-0", 0, 1n, 1682351591n],
      ["prompt 1", "vicuna-1", 1, 2n, 1682351592n],
      ["prompt 2", "vicuna-2", "tie", 1n, 1682351593n],
      ["prompt 3", "vicuna-3", "tie", 2n, 1682351594n],
    ]);
  });
});

describe("tables of text", () => {
  test("HPDv2: human_preference says who won, and the images lie in a folder with the name of the file", async () => {
    const table = [
      { prompt: "a fox", image_path: ["1.jpg", "2.jpg"], human_preference: [0, 1] },
      { prompt: "a cat", image_path: ["3.jpg", "1.jpg"], human_preference: [1, 0] },
    ];
    const { rows } = await written("train.json", table, ["train/1.jpg", "train/2.jpg", "images/3.jpg"]);
    expect(told(rows)).toEqual([
      ["a fox", "1.jpg", "2.jpg", 1, 1],
      ["a cat", "3.jpg", "1.jpg", 0, 2],
    ]);
    expect(sha(rows[0]?.jpg_0)).toBe(sha(await samplePicture("train/1.jpg", "jpeg")));
  });

  test("HPDv2's test.json: each person's ranking of n images is n (n - 1) / 2 pairs", async () => {
    const raw_annotations = [
      { rank: [1, 3, 2], user_hash: "ann" },
      { rank: [2, 1, 1], user_hash: "bo" },
    ];
    const table = [{ prompt: "a fox", image_path: ["1.jpg", "2.jpg", "3.jpg"], rank: [1, 3, 2], raw_annotations }];
    const { rows } = await written("test.json", table, [], { images: false });
    expect(told(rows).map(([, ...rest]) => rest)).toEqual([
      ["1.jpg", "2.jpg", 0, 1], ["1.jpg", "3.jpg", 0, 1], ["2.jpg", "3.jpg", 1, 1],
      ["1.jpg", "2.jpg", 1, 2], ["1.jpg", "3.jpg", 1, 2], ["2.jpg", "3.jpg", "tie", 2],
    ]); // biome-ignore format: two people
  });

  test("HPDv3: path1 won, unless as many voted for path2; votes that are none are counted by their reason", async () => {
    const pair = { path1: "images/a.jpg", path2: "images/b.jpg", model1: "flux", model2: "sdxl", confidence: 0.99 };
    const table = [
      { prompt: "one", ...pair, choice_dist: [3, 7] },
      { prompt: "two", ...pair, choice_dist: [5, 5] },
      { prompt: "three", ...pair, choice_dist: null, confidence: null },
      { prompt: "four", ...pair, choice_dist: [0, 0] },
    ];
    const pictures = ["images/a.jpg", "images/b.jpg"];
    await expect(written("train.json", table, pictures)).rejects.toThrow(
      /1 row cannot be imported\. train row 4: choice_dist must be two numbers of votes, not both 0; got \[0,0\]\. /,
    );
    const { rows, summary } = await written("train.json", table, pictures, { invalidRows: "drop" });
    expect(rows.map((row) => [row.caption, winnerOf(row), row.model_0, row.model_1])).toEqual([
      ["one", 0, "flux", "sdxl"], ["two", "tie", "flux", "sdxl"], ["three", 0, "flux", "sdxl"],
    ]); // biome-ignore format: a table
    expect(summary.dropped).toMatchObject([{ code: "VOTES", count: 1 }]);
  });

  test("ImageRewardDB: ranks of several images become pairs, in one row or in one row per image", async () => {
    const expected = [["1.webp", "2.webp", 0], ["1.webp", "3.webp", "tie"], ["2.webp", "3.webp", 1]]; // biome-ignore format: a table
    const group = [{ id: "p1", prompt: "a fox", generations: ["1.webp", "2.webp", "3.webp"], ranking: [1, 2, 1] }];
    const { rows } = await written("test.json", group, [], { images: false });
    expect(rows.map((row) => [row.image_0_uid, row.image_1_uid, winnerOf(row)])).toEqual(expected);
    const csv = "image_path,prompt_id,prompt,rank\n1.webp,p1,a fox,1\n2.webp,p1,a fox,2\n3.webp,p1,a fox,1\n4.webp,p2,a cat,1\n";
    const each = await written("metadata.csv", `${csv}5.webp,p1,a fox,3\n`, [], { images: false, invalidRows: "drop" });
    expect(each.rows.map((row) => [row.image_0_uid, row.image_1_uid, winnerOf(row)])).toEqual(expected);
    expect(each.summary.dropped).toMatchObject([
      { code: "RANKS", rows: ["train row 4"] },
      { code: "GROUP", rows: ["train row 5"] },
    ]);
  });

  test("MMRB2's json: model_name, response_content, chosen", async () => {
    const response = (file: string, model_name: string) => ({ model_name, response_content: [["image", `images/${file}`]] });
    const pair = {
      response_a: response("a.jpg", "imagen4"),
      response_b: response("b.jpg", "gpt-image-1"),
      human_annotations: [2, 2, 1],
    };
    const prompt_content = [["text", "a fox"]];
    const pairs = [
      { id: "1", ...pair, chosen: "B", prompt_content },
      { id: "2", ...pair, chosen: "A" },
    ];
    const { rows, summary } = await written("t2i.json", { pairs }, ["images/a.jpg", "images/b.jpg"], { invalidRows: "drop" });
    expect(rows.map((row) => [row.caption, row.model_0, row.model_1, winnerOf(row)])).toEqual([
      ["a fox", "imagen4", "gpt-image-1", 1],
    ]);
    expect(summary.dropped).toMatchObject([{ code: "TASK", count: 1, rows: ["train row 2"] }]);
  });

  test("an arena's CSV with a column for each outcome, and a prompt in a list", async () => {
    const csv = `id,model_a,model_b,prompt,winner_model_a,winner_model_b,winner_tie
1,gpt-4,koala,"[""a fox"",""more""]",0,1,0
2,gpt-4,koala,"[""a cat""]",0,0,1
3,gpt-4,koala,"[""a dog""]",1,1,0
`;
    const { rows, summary } = await written("train.csv", csv, [], { invalidRows: "drop" });
    expect(rows.map((row) => [row.caption, winnerOf(row)])).toEqual([["a fox", 1], ["a cat", "tie"]]); // biome-ignore format: a table
    expect(summary.dropped).toMatchObject([{ code: "LABELS", count: 1, rows: ["train row 3"] }]);
  });

  test("any other table of pairs: what its columns mean, rows that are broken counted by their reason", async () => {
    const csv = "prompt;image_1;image_2;choice;user\na fox;1.jpg;2.jpg;1;ann\na cat;1.jpg;3.jpg;2;bo\na dog;1.jpg;2.jpg;both;ann\na cow;1.jpg;2.jpg;9;bo\na hen;1.jpg;2.jpg;1;bo;too;many\n";
    const { rows, summary } = await written("pairs.csv", csv, ["1.jpg", "2.jpg"], { invalidRows: "drop" });
    expect(told(rows)).toEqual([["a fox", "1.jpg", "2.jpg", 0, 1], ["a dog", "1.jpg", "2.jpg", "tie", 1]]); // biome-ignore format: a table
    expect(summary.dropped.map(({ code, rows }) => [code, rows[0]?.slice(0, 11)])).toEqual([
      ["IMAGE_MISSING", "train row 2"], ["LABELS", "train row 4"], ["ROW", "train row 5"],
    ]); // biome-ignore format: a table
  }); // biome-ignore format: a table
});

test("a picture that is missing is told with its row, before anything is written, and how to go on", async () => {
  const table = [{ prompt: "a fox", path1: "/somewhere/1.jpg", path2: "2.jpg" }];
  await expect(written("train.json", table)).rejects.toThrow(
    /train row 1 .*expected an image at \/somewhere\/1\.jpg; there is no such file.*--drop-invalid, or all pictures with --no-images\.$/,
  );
  const { rows } = await written("train.json", table, [], { images: false });
  expect(rows[0]?.image_0_uid).toMatch(/^[0-9a-f]{32}$/); // A path of another machine is nobody's business.
});

test("files of two formats are not mixed, and a name overrides what a file looks like", async () => {
  expect(formatOf({ columns: ["caption", "label_0", "image_0_uid"], count: null })).toBe("pickapic");
  const folder = await temporaryFolder();
  await writeFile(join(folder, "a.json"), JSON.stringify([{ prompt: "a", path1: "1", path2: "2" }]));
  await writeFile(join(folder, "b.csv"), "model_a,model_b,winner,prompt\nx,y,tie,b\n");
  await expect(imported(folder)).rejects.toThrow(
    /its files are of several formats \(hpdv3, arena\); import each of them alone, or say with --format/,
  );
  const both = "model_a,model_b,winner,prompt,image_a,image_b\nx,y,x,a fox,1,2\n";
  expect((await written("t.csv", both, [], { images: false })).rows[0]).toMatchObject({ label_0: 1, image_0_uid: "1" });
  const { summary } = await written("t.csv", both, [], { images: false, format: "arena" });
  expect(summary.warnings[0]).toMatch(/was read as arena\.$/);
});

test.each([
  ["a.csv", "caption,image_0,image_1,label_0,label_1\na,1,2,0.5,0.2\n", /was read as table, but none of its rows says a preference\. Of the first one: the labels must be 1 and 0, 0 and 1, or 0\.5 and 0\.5, but they are "0\.5" and "0\.2"\.$/],
  ["a.json", [{ prompt_content: "a cat", response_a: {}, response_b: {}, chosen: "C" }], /was read as mmrb2, but none of its rows .* the first one: chosen must be A or B; got "C"\.$/],
  ["a.csv", "prompt,image_a,image_b,choice\n", /a\.csv: it has no rows; expected at least one\.$/],
  ["a.json", [], /a\.json: it has no rows; expected at least one\.$/],
])("%s of which no row can be read is refused with the reason: %j", async (file, table, message) => {
  await expect(written(file, table)).rejects.toThrow(message);
}); // biome-ignore format: a table

test("a compressed table is imported as it would be unpacked, and once where both lie in a folder", async () => {
  const rows = Array.from({ length: 12 }, (_, i) => ({ model_a: "a", model_b: "b", winner: "model_a", prompt: `prompt ${i}` }));
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const folder = join(await temporaryFolder(), "votes");
  await mkdir(folder);
  await writeFile(join(folder, "votes.jsonl.gz"), gzipSync(text));
  const rankings = async (from: string, name: string) => {
    const { splits } = await importDataset(from, join(folder, "..", name), { images: false });
    return splits.train.rows + splits.validation.rows + splits.test.rows;
  };
  expect(await rankings(join(folder, "votes.jsonl.gz"), "file")).toBe(12);
  expect(await rankings(folder, "folder")).toBe(12);
  await writeFile(join(folder, "votes.jsonl"), text);
  expect(await rankings(folder, "both")).toBe(12);
});

test("a file that is no table is refused with what to do about it", async () => {
  const file = join(await temporaryFolder(), "votes.jsonl.gz");
  await writeFile(file, Uint8Array.of(0x1f, 0x8b, 8, 0));
  await expect(importDataset(file, `${file}.out`)).rejects.toThrow(
    /votes\.jsonl\.gz: it is compressed with gzip, but cut short or damaged \(unexpected end of file\): copy or download it again\.$/,
  );
});
