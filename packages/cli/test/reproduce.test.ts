import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  claimsOf,
  FULL,
  measuredRows,
  QUICK,
  type Reproduction,
  reproduce,
  STEP_NAMES,
  type StepName,
  type StepProgress,
  writeReport,
} from "@pickapic/experiments/reproduce";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { STEP_CHOICES } from "../src/commands/reproduce.ts";
import { mainFigures, summaryText } from "../src/reproduce/summary.ts";
import { openTerminal, pickapic } from "./terminal.ts";
import { tinyEngines, tinySettings } from "./tinyReproduction.ts";

let folder = "";
let made: Reproduction;
let page = "";
const progress: StepProgress[] = [];
/** What was there after the first call, which was asked for one step. */
let some: Reproduction;
/** Bytes of the prepared pixels that the trainings shared, at the abort. */
let sharedPixels = 0;
/** Steps that were made after the abort. */
let afterAbort: StepName[] = [];

const effectsOf = (onProgress: (each: StepProgress) => void, signal = new AbortController().signal) => ({
  ...{ signal, now: () => performance.now(), engines: tinyEngines() },
  onProgress,
});

/** First only some steps, then the others until they are stopped in the middle of a training, then the rest. */
async function inThreeCalls(): Promise<Reproduction> {
  const settings = tinySettings(folder);
  some = await reproduce(
    settings,
    effectsOf(() => {}),
    ["accuracy"],
  );
  const stop = new AbortController();
  const begun = reproduce(
    settings,
    effectsOf((each) => {
      progress.push(each);
      if (each.step === "seeds") stop.abort(new Error("stopped by the test"));
    }, stop.signal),
  );
  await expect(begun).rejects.toThrow(/stopped/i);
  sharedPixels = (await stat(join(folder, "pixels", "pixels.bin"))).size;
  const again: StepProgress[] = [];
  const resumed = await reproduce(
    settings,
    effectsOf((each) => again.push(each)),
  );
  progress.push(...again);
  afterAbort = [...new Set(again.map(({ step }) => step))];
  return resumed;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-reproduce-"));
  made = await inThreeCalls();
  page = await writeReport(made);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("reproduce", () => {
  test("makes every step in order, tells the remaining time, and makes no finished step again after it was stopped", () => {
    expect(STEP_CHOICES).toEqual(STEP_NAMES);
    expect(made.steps.map(({ step }) => step)).toEqual(STEP_NAMES);
    expect(Object.keys(made.results)).toEqual(expect.arrayContaining([...STEP_NAMES]));
    expect(afterAbort).toEqual(["seeds", "data-size"]);
    expect(progress.every(({ leftSeconds, of }) => leftSeconds >= 0 && of === STEP_NAMES.length)).toBe(true);
  });

  test("leaves no prepared pixels behind", async () => {
    expect(sharedPixels).toBeGreaterThan(0);
    expect(await readdir(folder)).not.toContain("pixels");
  });

  test("makes only what was asked for and what that needs, when it is asked for steps", async () => {
    expect(Object.keys(some.results)).toEqual(["dataset", "training", "judging", "accuracy"]);
    const others = claimsOf(some).filter(({ section }) => section !== 5);
    expect(others.every(({ verdict, reason }) => verdict === "not measured" && reason !== null)).toBe(true);
    const without = { ...tinySettings(folder), ablation: false };
    await expect(
      reproduce(
        without,
        effectsOf(() => {}),
        ["negatives"],
      ),
    ).rejects.toThrow(/no step negatives/);
  });

  test("takes a step file that was cut in half, or that is of other settings, as not finished", async () => {
    const { openScorers, openFeatures, opened } = tinyEngines();
    const effects = { ...effectsOf(() => {}), engines: { openScorers, openFeatures } };
    const file = join(folder, "steps", "accuracy.json");
    const whole = await readFile(file, "utf8");
    await writeFile(file, whole.slice(0, whole.length / 2));
    const again = await reproduce(tinySettings(folder), effects);
    expect(again.results.accuracy).toEqual(made.results.accuracy);
    expect(opened).toEqual([]);
    await reproduce({ ...tinySettings(folder), best: { prompts: 8, n: 2, judges: 4 } }, effects, ["best-of"]);
    expect(opened).toHaveLength(3);
    expect((await readdir(join(folder, "steps"))).some((name) => name.includes("tmp"))).toBe(false);
  });

  test("measures what is in the dataset on the disk: one example per held-out prompt", () => {
    const { dataset, judging } = made.results;
    expect(dataset!.splits.test_unique).toBe(30);
    const unique = judging!.test.filter(({ rankingId }) => judging!.unique.includes(rankingId));
    expect(new Set(unique.map(({ caption }) => caption)).size).toBe(30);
    const { train = 0, validation = 0, test: tested = 0 } = dataset!.splits;
    expect(train + validation + tested).toBe(dataset!.collected.rankings);
  });

  test("compares every further training with the main one on the same examples", () => {
    const { seeds, negatives, accuracy, "data-size": sizes } = made.results;
    expect([...seeds!, negatives!, ...sizes!].map(({ name }) => name)).toEqual(["seed-4", "in-batch-negatives", "share-0.5"]);
    const main = accuracy!.scorers[2]!;
    for (const { behind, accuracy: own } of [...seeds!, negatives!, ...sizes!])
      expect(behind.difference).toBeCloseTo(main.accuracy! - own.accuracy!, 12);
  });

  test("leaves the further trainings out of the quick one, which is smaller in every way", () => {
    expect(QUICK).toMatchObject({ ablation: false, shares: [], trainingSeeds: 1 });
    expect(FULL.rankings).toBeGreaterThan(QUICK.rankings);
    expect(FULL.training.steps ?? 0).toBeGreaterThan(QUICK.training.steps ?? 0);
    expect(FULL.ranking).toMatchObject({ prompts: 300, n: 100, judges: 20 });
  });
});

test("the command goes on in a folder of the same settings, and refuses one of other settings unless it may replace it", async () => {
  const out = join(folder, "by command");
  const run = (words: readonly string[], signal?: AbortSignal) => pickapic(["reproduce", "--out", out, ...words], { signal });
  for (const words of [["--quick"], ["--quick", "--threads", "1"], ["--force"], []]) {
    // Stopped before the first picture is drawn.
    const { err } = await run(words, AbortSignal.abort(new Error("stopped by the test")));
    expect(err, words.join(" ")).toContain("the same command goes on where this one was stopped");
  }
  const refused = /by command holds a reproduction with other settings or another seed/;
  for (const words of [["--quick"], ["--seed", "2"]])
    expect(await run(words)).toMatchObject({ code: 2, err: expect.stringMatching(refused) });
  expect(await run(["--only", "everything"])).toMatchObject({ code: 2, err: expect.stringContaining("data-size") });
});

describe("claims", () => {
  test("every claim has a verdict that follows from its interval", () => {
    for (const { verdict, interval, reason, says } of claimsOf(made)) {
      if (interval === null) expect([verdict, reason === null], says).toEqual(["not measured", false]);
      else expect(["held", "not shown", "opposite"]).toContain(verdict);
    }
  });

  test("are those of the paper", () => {
    expect(
      claimsOf(made).map(({ section, says, paper, unit }) => `${section} ${says} ${paper} (${unit})`),
    ).toMatchInlineSnapshot(`
      [
        "4 In-batch negatives lower the accuracy. 70.5 → 65.2 % (points)",
        "4 More choices make a better scorer. no figure (points)",
        "5 PickScore predicts people better than experts do. 70.5 and 68.0 % (points)",
        "5 It predicts them better than the CLIP that it starts from. 70.5 and 60.8 % (points)",
        "5 It predicts them better than an aesthetic score. 70.5 and 56.8 % (points)",
        "6 Ratings by PickScore order models as people's ratings do. Elo 0.790 ± 0.054, 45 configurations (correlation)",
        "6 They do so better than ratings by CLIP. 0.790 against 0.313 (correlation)",
        "6 On captions, PickScore orders configurations as experts do. 0.917, 9 configurations (correlation)",
        "6 The Fréchet distance orders them against the experts. −0.900 (correlation)",
        "6 PickScore agrees with experts more than the Fréchet distance does. 0.917 against −0.900 (correlation)",
        "6 People like high guidance. no figure (points)",
        "6 The Fréchet distance punishes high guidance. no figure (distance)",
        "6 Users' prompts order models more as people in real use do than captions. recommended (correlation)",
        "7 Experts prefer PickScore's pick to a random seed with the bare prompt. 71.4 % (share)",
        "7 Experts prefer PickScore's pick to a random seed with a random template. 82.0 % (share)",
        "7 Experts prefer PickScore's pick to the pick of an aesthetic score. 85.1 % (share)",
        "7 Experts prefer PickScore's pick to the pick of CLIP. 71.3 % (share)",
        "7 Authors prefer the best of a few images as the app draws them to a random one. no figure (share)",
      ]
    `);
  });

  test("that the toy world cannot show say so on the page, in the tables and in JSON, whatever comes out", () => {
    const limited = claimsOf(made).filter(({ limit }) => limit !== null);
    expect(limited.map(({ says }) => says)).toEqual([
      "The Fréchet distance orders them against the experts.",
      "PickScore agrees with experts more than the Fréchet distance does.",
      "The Fréchet distance punishes high guidance.",
      "Users' prompts order models more as people in real use do than captions.",
    ]);
    const text = summaryText(openTerminal().context.stdout, made);
    for (const { limit, says } of limited) {
      expect(limit).toMatch(/^The toy world (cannot show this, because|shows this weakly at best:)/);
      expect(page.split(limit!.replaceAll("'", "&#39;"))).toHaveLength(2);
      expect(text.split("\n").find((line) => line.includes(`“${says}”`))).toContain(limit);
      expect(mainFigures(made).claims.find((each) => each.says === says)?.limit).toBe(limit);
    }
    expect(page).toContain("for the reason told at “The Fréchet distance orders them against the experts.”");
  });

  test("hold only when the whole interval is on their side", () => {
    const change = (interval: [number, number]) => {
      const { accuracy } = made.results;
      const differences = accuracy!.differences.map((each) => ({ ...each, difference: 0.01, interval, reason: null }));
      const changed = { ...made, results: { ...made.results, accuracy: { ...accuracy!, differences } } };
      return claimsOf(changed).find(({ says }) => says.includes("than experts do"))!.verdict;
    };
    expect([change([0.01, 0.05]), change([-0.01, 0.05]), change([-0.05, -0.01])]).toEqual(["held", "not shown", "opposite"]);
  });
});

describe("figures", () => {
  test("--json has exactly the keys that were promised, and its figures are shares", () => {
    const figures = mainFigures(made);
    expect(Object.keys(figures)).toEqual(["seed", "seconds", "ties", "accuracy", "bestOf", "claims", "reasons"]);
    expect(Object.keys(figures.accuracy)).toEqual(["random", "colourSharpness", "clipToy", "experts", "pickscore"]);
    expect(figures).toMatchObject({ seed: 3, bestOf: { n: 2 } });
    for (const share of [
      figures.ties,
      ...Object.values(figures.accuracy),
      figures.bestOf.preferred,
      ...figures.bestOf.interval!,
    ]) {
      expect(share!).toBeGreaterThanOrEqual(0);
      expect(share!).toBeLessThanOrEqual(1);
    }
    expect(JSON.parse(JSON.stringify(made.results))).toEqual(made.results);
  });

  test("the tables name every predictor in the order of the paper and say that all is simulated", () => {
    const text = summaryText(openTerminal().context.stdout, made);
    const rows = measuredRows(made.results.accuracy!);
    expect(rows.map(({ name }) => name)).toEqual(["random", "colour-sharpness", "clip-toy", "experts", "pickscore"]);
    expect(text).toMatch(/^Simulated people and pictures, seed 3/);
    expect(text).toContain("tie-aware accuracy on test_unique (30 examples");
    expect(text).toContain("In-batch negatives lower the accuracy.");
  });

  test("a figure that is missing has its reason in the tables, in JSON and on the page", async () => {
    const reason = "too few examples (12), at least 30 are needed";
    const accuracy = { ...made.results.accuracy! };
    accuracy.experts = { ...accuracy.experts, accuracy: null, interval: null, reason };
    // Without judged pairs and picks, so that no pictures are drawn for the page.
    const { judging: _judging, "best-of": _picks, ...rest } = made.results;
    const few = { ...made, results: { ...rest, accuracy } };
    const sentence = `accuracy of experts: ${reason}.`;
    expect(mainFigures(few)).toMatchObject({ accuracy: { experts: null }, reasons: expect.arrayContaining([sentence]) });
    expect(summaryText(openTerminal().context.stdout, few)).toContain(sentence);
    expect(await writeReport(few)).toContain(sentence);
  });
});

describe("the report", () => {
  test("needs nothing but itself, and says that all is simulated", () => {
    expect(page).toContain("People and pictures are simulated.");
    const outside = [...page.matchAll(/(?:src|href)="([^"]*)"/g)]
      .map((match) => match[1]!)
      .filter((target) => !target.startsWith("data:image/jpeg;base64,"));
    expect(outside).toEqual([]);
    expect(page).not.toMatch(/<script|<link|url\(|@import/);
    const words = page.replace(/data:image[^"]*/g, "");
    expect(words.match(/.{0,60}(NaN|undefined|\[object).{0,20}/g) ?? []).toEqual([]);
  });

  test("says by which pairs the checkpoint was chosen, and has no curve of a handful of pairs", () => {
    const { best } = made.results.training!;
    const chosen =
      best!.step === 0
        ? "No step was better than the start on validation"
        : `The checkpoint of step ${best!.step}, the best on validation,`;
    expect(page).toContain(chosen);
    expect(page).toMatch(/No curve: too few pairs with a winner \(\d\), at least 30 are needed\./);
  });

  test("has the figures that --json prints, and every claim", () => {
    for (const share of Object.values(mainFigures(made).accuracy)) expect(page).toContain(`${(100 * share!).toFixed(1)}\u00a0%`);
    for (const { says } of claimsOf(made)) expect(page).toContain(says.replaceAll("'", "&#39;"));
    expect(page).toContain("Every step was made.");
  });
});
