import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDataset, writeDataset } from "@pickapic/dataset";
import { collect } from "@pickapic/experiments/collect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pickapic } from "../terminal.ts";
import { type Oddities, writeRankings } from "./rankings.ts";

/** Every field of the JSON of `evaluate scorer`, of each scorer in it, and the heads of its tables. */
const REPORT =
  "categories cite dataset differences examples experts failures leftOut people pixels random remarks scorers splits tieShare".split(
    " ",
  );
const SCORER =
  "accuracy calibration calibrationByChance examples interval logLoss logLossInterval protocol random reason scorer threshold tieShare winners".split(
    " ",
  );
const HEADS = [
  "predictor | accuracy | 95 % interval | threshold | without ties | 95 % interval",
  "probabilities | log-loss (guess 0.693) | 95 % interval | calibration error | by chance alone",
  "difference, in pairs | points | 95 % interval | without ties | 95 % interval",
  "by subject | rankings | random | 95 % interval | colour-sharpness | 95 % interval",
];

let root = "";
let data = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-evaluate-"));
  data = join(root, "data");
  const effects = { signal: new AbortController().signal, onProgress() {} };
  const { source } = await collect({ seed: 4, rankings: 60, answersPerPrompt: 2, promptsPerPerson: 1, size: 24 }, effects);
  await writeDataset(source, data, { images: true, seed: 1, name: "test", heldOutPrompts: 20, heldOutShare: 0.5 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const models = (...words: string[]) =>
  pickapic(["evaluate", "models", data, "--scorer", "colour-sharpness", "--split", "train", ...words]);

describe("evaluate models", () => {
  /** The guidance bins of the configurations in the JSON. */
  const binsOf = (out: string): string[] => {
    const report = JSON.parse(out) as { people: { configurations: { ratings: { player: string }[] } } };
    const bins = report.people.configurations.ratings.map(({ player }) => player.split(", guidance ")[1] ?? "");
    return [...new Set(bins)].sort();
  };

  test("takes all the edges that were typed, in any order, and 6 and 9 where none was", async () => {
    expect(binsOf((await models("--json", "--edges", "6", "9", "12")).out)).toEqual(["6-9", "9-12", "under 6"]);
    expect(binsOf((await models("--json", "--edges", "9", "6", "6")).out)).toEqual(["6-9", "from 9", "under 6"]);
    expect(binsOf((await models("--json", "--edges", "8")).out)).toEqual(["from 8", "under 8"]);
    expect(binsOf((await models("--json")).out)).toEqual(["6-9", "from 9", "under 6"]);
  });

  test("prints ranks as ranges, and how ratings were made", async () => {
    const { code, out } = await models();
    expect(code).toBe(0);
    expect(out).toMatch(/model +people +95 % interval +rank +games/);
    expect(out).toMatch(/toy-xl +\d+ .*\d(–\d)? /);
    expect(out).toContain("by a jackknife over");
    expect(out).not.toMatch(/NaN|null|undefined/);
  });
});

test("evaluate models --draw-weights says what the weights left, and refuses a split without draw probabilities before it scores anything", async () => {
  expect((await models("--draw-weights")).out).toMatch(/Answers are weighted as if .* vary as \d+ of equal weight would\./);
  const unrecorded = join(root, "unrecorded");
  await writeRankings(unrecorded, 20, 4);
  const refused = await pickapic([
    "evaluate",
    "models",
    unrecorded,
    "--draw-weights",
    "--split",
    "train",
    "--scorer",
    "colour-sharpness",
  ]);
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toMatch(
    /^pickapic: No answer in the split train of .* has a draw_probability, so that .*: leave out --draw-weights, or /,
  );
});

test("evaluate models counts the images on which a scorer throws or gives NaN, and rates from the other rankings", async () => {
  const file = join(root, "moody.mjs");
  await writeFile(
    file,
    `export default (prompt, images) => images.map((image) => {
      if (image.length % 11 === 0) throw new Error("no idea");
      return image.length % 13 === 0 ? NaN : image.length / 200;
    });`,
  );
  const words = ["evaluate", "models", data, "--scorer", `file:${file}`, "--split", "train"];
  const { code, out, err } = await pickapic([...words, "--json", "--most-failed", "0.9"]);
  expect(code, err).toBe(0);
  const { rankings, leftOut, failures } = JSON.parse(out);
  const dataset = await openDataset(data);
  expect([rankings + leftOut.rated, leftOut.validation < dataset.count("validation_unique")]).toEqual([
    dataset.count("train"),
    true,
  ]);
  expect(leftOut.rated).toBeGreaterThan(0);
  const reasons = failures[0].first.map(({ reason }: { reason: string }) => reason).join("\n");
  expect(reasons).toMatch(/no idea|the score is NaN/);
  expect((await pickapic([...words, "--most-failed", "0.9"])).out).toContain(`gave no score to ${failures[0].images} image`);
  expect(await pickapic([...words, "--most-failed", "0"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("at most 0 % may be left out (--most-failed)"),
  });
});

test.each([
  ["evaluate scorer", ["evaluate", "scorer", "nowhere", "--output"]],
  ["evaluate models", ["evaluate", "models", "nowhere", "--output"]],
  ["evaluate ranking", ["evaluate", "ranking", "--scorer", "file:nowhere.mjs", "--output"]],
  ["dataset stats", ["dataset", "stats", "nowhere", "--format", "html", "--output"]],
  ["judge calibrate", ["judge", "calibrate", "nowhere", "--scorer", "colour-sharpness", "--out"]],
])("%s refuses a result that cannot be written before it looks at anything else", async (_command, words) => {
  const { code, err } = await pickapic([...words, root]);
  expect([code, err]).toEqual([1, expect.stringContaining(`${root} is a folder where a file was expected`)]);
});

test("evaluate scorer of too few examples says so in one sentence instead of a share", async () => {
  const { code, out } = await pickapic(["evaluate", "scorer", data, "--scorer", "colour-sharpness"]);
  expect(code).toBe(0);
  expect(out).toMatch(
    /^No accuracy can be given for test_unique: too few examples \(\d+\), at least 30 are needed\. Collect more rankings, then export again\.\n$/,
  );
  const json = JSON.parse((await pickapic(["evaluate", "scorer", data, "--scorer", "colour-sharpness", "--json"])).out);
  expect(json.scorers[0]).toMatchObject({ accuracy: null, interval: null, reason: expect.stringContaining("too few examples") });
});

test("evaluate scorer measures test where test_unique is too small, and says so", async () => {
  const folder = join(root, "repeated");
  await writeRankings(folder, 240, 20, { perPrompt: 8 });
  const words = ["evaluate", "scorer", folder, "--scorer", "colour-sharpness"];
  const json = JSON.parse((await pickapic([...words, "--json"])).out);
  expect(json.splits).toEqual({ validation: "validation", test: "test" });
  expect(json.examples).toBeGreaterThanOrEqual(30);
  expect(json.people).toMatchObject({
    tieAware: { value: null, reason: expect.stringContaining("too few pairs judged by two people (0)") },
  });
  expect(json.scorers[0].protocol).toMatch(/on test \(\d+ examples.* on validation \(\d+ examples\).* over 10 clusters/);
  const { out } = await pickapic(words);
  expect(out).toContain(`All ${json.examples} rankings of test were measured, with intervals over prompts.`);
});

describe("evaluate scorer with several scorers", () => {
  let folder = "";
  beforeAll(async () => {
    folder = join(root, "large");
    await writeRankings(folder, 400, 160);
    await writeFile(
      join(root, "picky.mjs"),
      `export default (prompt, images) => images.map((image) => (image.length % 13 === 0 ? NaN : image.length / 200));`,
    );
    await writeFile(
      join(root, "blind.mjs"),
      `export default (prompt, images) => images.map((image) => (image.length % 2 ? NaN : 1));`,
    );
  });

  const json = async (...words: string[]) => {
    const { code, out, err } = await pickapic(["evaluate", "scorer", folder, "--json", ...words]);
    return code === 0 ? JSON.parse(out) : { code, err };
  };

  test("compares them in pairs, tells categories, people and experts, and cites everything that the figures depend on", async () => {
    const experts = join(root, "experts.csv");
    const rows = [];
    for await (const row of (await openDataset(folder)).read("test_unique", { columns: ["ranking_id", "label_0"] }))
      rows.push(`${row.ranking_id},${row.label_0 === 0.5 ? "tie" : row.label_0 === 1 ? "a" : "1"}`);
    await writeFile(experts, `ranking_id,choice\n${rows.join("\n")}\n`);
    const report = await json("--scorer", "colour-sharpness", "random:3", "--by", "length", "models", "--experts", experts);
    expect(report.scorers.map(({ scorer }: { scorer: string }) => scorer)).toEqual(["colour-sharpness", "random:3"]);
    expect(report.differences).toMatchObject([
      { a: "colour-sharpness", b: "random:3", tieAware: { interval: [expect.any(Number), expect.any(Number)] } },
    ]);
    // Experts who answer as the people did are always right.
    expect(report.experts).toMatchObject({ rankings: report.examples, accuracy: { value: 1 } });
    for (const { scorers } of report.categories)
      for (const { categories } of scorers)
        expect(categories.reduce((sum: number, { examples }: { examples: number }) => sum + examples, 0)).toBe(report.examples);
    expect(report.cite).toMatchObject({
      seed: 1,
      splits: { validation: "validation_unique", test: "test_unique" },
      dataset: { SHA256SUMS: expect.stringMatching(/^[0-9a-f]{64}$/) },
      scorers: [{ identity: "formula 1" }, { identity: "seed 3" }],
    });
    expect(report.cite.text).toMatch(
      /^Tie-aware accuracy \(Kirstain et al\. 2023\) on test_unique \(\d+ examples\).*pickapic \d/,
    );
    const { logLoss, winners, calibration, calibrationByChance } = report.scorers[0];
    for (const figure of [logLoss, winners.accuracy, calibration.error, calibrationByChance]) expect(figure).toBeGreaterThan(0);
    // A figure that is no longer printed is missed here, and nowhere else.
    expect(Object.keys(report).sort()).toEqual(REPORT);
    expect(Object.keys(report.scorers[0]).sort()).toEqual(SCORER);
  });

  test("as tables and as a page, which stands in the file that --output names", async () => {
    const words = ["evaluate", "scorer", folder, "--scorer", "random", "colour-sharpness", "--by", "subject"];
    const { out } = await pickapic(words);
    for (const text of ["random (expected)", "another person", "log-loss (guess 0.693)", "by subject", "difference, in pairs"])
      expect(out).toContain(text);
    for (const heads of HEADS) expect(out).toMatch(new RegExp(heads.replaceAll(/[()]/g, "\\$&").replaceAll(" | ", " +")));
    expect(out).not.toMatch(/NaN|undefined|null/);
    const file = join(root, "report.html");
    expect((await pickapic([...words, "--format", "html", "--output", file])).code).toBe(0);
    const page = await readFile(file, "utf8");
    expect(page).toContain("How well scorers predict what people prefer");
    expect(page).not.toMatch(/NaN|undefined|<script/);
  });

  test("leaves out the few rankings with an image without a score, names them, and refuses when they are many", async () => {
    const report = await json("--scorer", `file:${join(root, "picky.mjs")}`, "random", "--most-failed", "0.3");
    expect(report.leftOut.test + report.leftOut.validation).toBeGreaterThan(0);
    expect(report.failures).toMatchObject([
      {
        scorer: expect.stringContaining("picky"),
        first: [
          { reason: expect.stringContaining("the score is NaN") },
          ...new Array(report.failures[0].first.length - 1).fill({}),
        ],
      },
    ]);
    const picky = ["--scorer", `file:${join(root, "picky.mjs")}`, "--split", "test", "--most-failed", "0.3"];
    const { examples, leftOut, cite } = await json(...picky);
    expect(leftOut.test).toBeGreaterThan(0);
    expect(cite.text).toContain(
      `on test (${examples} examples; ${leftOut.test} more ${leftOut.test === 1 ? "was" : "were"} left out, because an image in them has no score)`,
    );
    expect((await pickapic(["evaluate", "scorer", folder, ...picky])).out).toContain(
      `${examples} of the ${examples + leftOut.test} rankings of test were measured`,
    );
    const refused = await json("--scorer", `file:${join(root, "blind.mjs")}`);
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /cannot be measured, because an image in them has no score; at most 5 % may be left out.*The first: image .*the score is NaN/,
      ),
    });
  });
});

test("evaluate models of one prompt rates by people, counts only equal scores as ties, and says both", async () => {
  const folder = join(root, "one-prompt");
  await writeRankings(folder, 120, 80, { onePrompt: true });
  const { code, out, err } = await pickapic(["evaluate", "models", folder, "--split", "train", "--scorer", "random", "--checks"]);
  expect(code, err).toBe(0);
  expect(out).toMatch(/No prompt is held out to choose thresholds for ties on .*only equal scores count as a tie of a scorer\./);
  expect(out).toContain("The answers are of one prompt: the intervals speak of this prompt only");
  expect(out).toContain("agreement, conservative 95 % interval");
  expect(out).toContain("No guidance is recorded, so that each model is one configuration.");
  expect(out).not.toMatch(/NaN|undefined|null|Infinity/);
});

test("evaluate models of ties alone shows a dash with its reason, and no empty interval in brackets", async () => {
  const folder = join(root, "ties-alone");
  await writeRankings(folder, 120, 80, { ties: "all" });
  const { code, out, err } = await pickapic(["evaluate", "models", folder, "--split", "train", "--scorer", "random"]);
  expect(code, err).toBe(0);
  expect(out).toContain("answers are ties: they put no order on the models.");
  expect(out).toContain("one side rates all configurations alike");
  expect(out).not.toMatch(/\(–\)|NaN|undefined|null|Infinity/);
});

test.each<[string, Oddities, RegExp]>([
  ["only ties", { ties: "all" }, /Every measured ranking is a tie: there is no accuracy without ties\./],
  ["no ties", { ties: "none" }, /The dataset has no ties: the threshold for ties, and the tie-aware accuracy, are those/],
  ["one person", { onePerson: true }, /All measured answers are of one person: the figures hold for this person only\./],
  [
    "one prompt",
    { onePrompt: true },
    /^pickapic: The split validation_unique of .* is empty, .*: collect rankings of more prompts/m,
  ],
])(
  "evaluate scorer of a dataset with %s says so in one sentence, and prints no figure that cannot be had",
  async (name, odd, message) => {
    const folder = join(root, name);
    await writeRankings(folder, 200, 80, odd);
    const { out, err } = await pickapic(["evaluate", "scorer", folder, "--scorer", "random", "colour-sharpness"]);
    expect(out + err).toMatch(message);
    expect(out).not.toMatch(/NaN|undefined|null|Infinity/);
    if (odd.ties === "all") expect(out).toMatch(/random without ties: too few examples with a winner \(0\)/);
  },
);
