import { mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset } from "@pickapic/dataset";
import { ExperimentError } from "@pickapic/experiments/errors";
import { findings, type JudgedPairs, measureOutcome, writeRunReport } from "@pickapic/experiments/trained";
import { readRun } from "@pickapic/pickscore";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fillDiskFor } from "../../../../test/support/fullDisk.ts";
import { byteJudges, calm, makeDataset, makeRun } from "../../../../test/support/madeRun.ts";
import { runFigures, runText } from "../../src/train/summary.ts";
import { openTerminal, pickapic } from "../terminal.ts";

let root = "";
let dataset: Dataset;
const effects = { ...calm, ...byteJudges() };
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-run-report-"));
  dataset = await makeDataset(join(root, "data"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The page without the bytes of its pictures. */
const wordsOf = (page: string): string => page.replace(/data:image[^"]*/g, "");

describe("the report of a run", () => {
  let page = "";
  let text = "";
  let on = "";
  beforeAll(async () => {
    const main = await makeRun({ folder: join(root, "mine & <theirs>"), dataset, settings: { learningRate: 1e-4 } });
    for (const share of [0.25, 0.5])
      await makeRun({ folder: join(main, "curve", `share-${share}`), dataset, settings: { share, learningRate: 1e-4 } });
    const found = await findings(await readRun(main), effects);
    page = await readFile(await writeRunReport(found, calm.signal), "utf8");
    text = runText(openTerminal().context.stdout, found);
    expect(found.gaps).toEqual([]);
    on = `of ${found.verdict.examples} pairs with a winner predicted (${found.verdict.test} of test); ${(100 * found.verdict.before!).toFixed(1)}`;
    const figures = JSON.parse(JSON.stringify(runFigures(found)));
    expect(figures.outcome.test.withoutTies.after.accuracy).toBe(found.outcome.test!.withoutTies!.after.accuracy);
  });

  test("needs nothing but itself, and a browser may not load or run anything", () => {
    expect(page).toContain(`http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; img-src data:;`);
    const outside = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].filter(([, to]) => !to!.startsWith("data:image/jpeg;base64,"));
    expect(outside).toEqual([]);
    expect(page).not.toMatch(/<script|<link|url\(|@import| on\w+=/);
    expect(wordsOf(page).match(/.{0,60}(NaN|undefined|\[object|null).{0,20}/g) ?? []).toEqual([]);
    expect(page.length).toBeLessThan(1e6);
  });

  test("has cards that rest on the pairs of the verdict", () => {
    expect(page.replaceAll("\u00a0", " ")).toContain(on);
  });

  test("says first that people and pictures are simulated", () => {
    expect(wordsOf(page)).toMatch(/<h1>mine &amp; &lt;theirs&gt;<\/h1>[\s\S]{0,300}<strong>People and pictures are simulated/);
  });

  test.each([
    ["accuracy by each protocol", "test, without ties", "test, tie-aware", "validation_unique, without ties"],
    [
      "the rule for ties and the interval",
      "a tie is predicted when |p0 - p1| &lt;= ",
      "BCa bootstrap",
      "paired percentile bootstrap",
    ],
    ["four curves", "Loss of each step", "Accuracy on validation_unique", "Learning rate", "Gradient norm"],
    ["reliability before and after", "<b>Before</b>: calibration error", "<b>After</b>: calibration error", "by chance alone"],
    ["mistakes", "What it gets most wrong", "preferred · <b", "before training: "],
    ["the curve over data", "Would more data help?", ">25\u00a0%<", ">50\u00a0%<", ">100\u00a0%<", "Log loss, the smaller"],
    [
      "what was trained on what",
      "clip-toy",
      "abababababababab…",
      "v24.0.0",
      "cpu, products in float32",
      "<td>learningRate</td><td>0.0001</td><td>auto</td>",
    ],
  ])("shows %s", (_what, ...parts) => {
    for (const part of parts) expect(page).toContain(part);
  });

  test("shows a picture twice for each mistake, small", () => {
    const pictures = page.match(/<img src="data:image\/jpeg;base64,[^"]+"/g)!;
    expect(pictures.length).toBeGreaterThan(4);
    expect(pictures.length).toBe(2 * page.match(/<figure class="pair">/g)!.length);
    expect(page.match(/alt="the preferred image" class="chosen"/g)).toHaveLength(pictures.length / 2);
  });

  test("the terminal gets the same figures", () => {
    expect(text).toMatch(/test, without ties +\d+ +[\d.]+ % +[\d.]+ % +[+−][\d.]+ /);
    expect(text).toContain("test, calibration error");
    expect(text).toMatch(/\n100 % +\d+ +\d+ +[\d.]+ %/);
    const accuracies = [...text.matchAll(/without ties +\d+ +([\d.]+) % +([\d.]+) %/g)].flatMap(([, before, after]) => [
      before,
      after,
    ]);
    expect(accuracies.length).toBe(4);
    for (const share of accuracies) expect(page).toContain(`${share}\u00a0%`);
  });
});

test("from too few pairs neither page nor terminal tells a share, and both say why", async () => {
  const found = await findings(await readRun(await makeRun({ folder: join(root, "few"), dataset })), effects);
  const few: JudgedPairs = { split: "test", pairs: found.measured!.test!.pairs.slice(0, 12) };
  const outcome = measureOutcome(null, few, 1);
  const page = wordsOf(await readFile(await writeRunReport({ ...found, outcome }, calm.signal), "utf8"));
  const text = runText(openTerminal().context.stdout, { ...found, outcome });
  for (const said of [page, text]) {
    expect(said).toMatch(/test, without ties: too few examples \(\d+\), at least 30 are needed\./);
    expect(said).toContain("test, calibration: too few pairs (12), at least 30 are needed.");
  }
  expect(page).toContain("That cannot be told from the test pairs: too few pairs (12)");
  expect(page).toContain("No curve: too few pairs with a winner (18), at least 30 are needed.");
  expect(page.slice(0, page.indexOf("What it gets most wrong"))).not.toMatch(/(Before|After)<\/b>: calibration|\d %<\/td>/);
});

test("a prompt cannot break the page", async () => {
  const folder = await makeRun({ folder: join(root, "nasty"), dataset });
  const found = await findings(await readRun(folder), effects);
  for (const pair of found.measured!.test!.pairs)
    Object.assign(pair, { caption: `<script>alert("${pair.caption}")</script>`, after: 1 - pair.target[0] });
  const page = await readFile(await writeRunReport(found, calm.signal), "utf8");
  expect(page).toContain("&lt;script&gt;alert(&quot;");
  expect(page).not.toContain("<script");
});

test("a run without validation and test pairs, and one that is not finished, have a report that says so", async () => {
  const folder = await makeRun({ folder: join(root, "begun"), dataset, record: { finished: false, best: null, step: 3 } });
  await rm(join(folder, "validation.json"));
  const found = await findings(await readRun(folder), effects);
  const page = wordsOf(
    await readFile(
      await writeRunReport({ ...found, outcome: { validation: null, test: null }, measured: null }, calm.signal),
      "utf8",
    ),
  );
  expect(page).toContain("This run is not finished.");
  expect(page).toContain("neither validation nor test pairs");
  expect(page).not.toMatch(/NaN|undefined|null/);
});

test("the report says which step was kept, and first of all when training has made nothing better", async () => {
  const pageOf = async (step: number) => {
    const record = { best: { step, accuracy: 0.75 } };
    const folder = await makeRun({ folder: join(root, `best-${step}`), dataset, record });
    return wordsOf(await readFile(await writeRunReport(await findings(await readRun(folder), effects), calm.signal), "utf8"));
  };
  const [none, some] = [await pageOf(0), await pageOf(20)];
  expect(none).toMatch(
    /Verdict: no step was better than the start, so the starting weights of clip-toy were kept.*Before and after/s,
  );
  expect(none).not.toContain("was best");
  expect(some).toContain("the model of step 20 was best");
  expect(some).not.toContain("were kept");
  expect(some).toMatch(/Verdict: .* points/);
});

describe("what is gone", () => {
  test("with the dataset, the report is made of what was measured before, and says what is missing", async () => {
    const folder = await makeRun({ folder: join(root, "left"), dataset });
    const before = await findings(await readRun(folder), effects);
    await rename(dataset.folder, `${dataset.folder}-away`);
    try {
      const found = await findings(await readRun(folder), effects);
      expect(found.outcome).toEqual(before.outcome);
      const page = wordsOf(await readFile(await writeRunReport(found, calm.signal), "utf8"));
      expect(page).toMatch(/The pictures are missing: .* is not there: expected a dataset folder/);
      expect(page).toContain('role="img" aria-label="the preferred image"');
      expect(page).toContain("are simulated (toy world)");
      await rm(join(folder, "measured.json"));
      const blind = await findings(await readRun(folder), effects);
      expect(blind.outcome.test).toBeNull();
      expect(blind.outcome.validation).toEqual(before.outcome.validation);
      expect(blind.gaps).toEqual([
        expect.stringMatching(/^The test pairs were not measured: .* is not there: expected a dataset folder/),
      ]);
    } finally {
      await rename(`${dataset.folder}-away`, dataset.folder);
    }
  });

  test("a mistake of the program is no gap", async () => {
    const folder = await makeRun({ folder: join(root, "bug"), dataset });
    const openJudge = () => Promise.reject(new TypeError("x is not a function"));
    await expect(findings(await readRun(folder), { ...calm, openJudge })).rejects.toThrow("x is not a function");
  });

  test("a stop is a stop, not a gap", async () => {
    const folder = await makeRun({ folder: join(root, "stopped"), dataset });
    const controller = new AbortController();
    const openJudge = () => {
      controller.abort(new Error("stopped"));
      return Promise.reject(new ExperimentError("PICKAPIC_CLI_TOO_FEW", "test", "folder"));
    };
    await expect(findings(await readRun(folder), { ...calm, signal: controller.signal, openJudge })).rejects.toThrow("stopped");
    expect(await readdir(folder)).not.toContain("measured.json");
  });
});

test("a disk that is full while the report is written leaves the old one and no half file", async () => {
  const folder = await makeRun({ folder: join(root, "full"), dataset });
  const found = await findings(await readRun(folder), effects);
  const path = await writeRunReport(found, calm.signal);
  const old = await readFile(path, "utf8");
  const names = await readdir(folder);
  const makeRoom = fillDiskFor("report.html");
  await expect(writeRunReport({ ...found, curve: null, gaps: ["another"] }, calm.signal)).rejects.toMatchObject({
    code: "ENOSPC",
  });
  expect(await readFile(path, "utf8")).toBe(old);
  expect(await readdir(folder)).toEqual(names);
  const { code, err } = await pickapic(["evaluate", "run", folder]).finally(makeRoom);
  expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^pickapic: The disk is full[^\n]*\n$/) });
});

test("evaluate run prints the figures of a run and names the report; a folder without one is an error", async () => {
  const folder = join(root, "full");
  const { code, out, err } = await pickapic(["evaluate", "run", folder, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    run: folder,
    curve: null,
    gaps: [],
    outcome: { test: { split: "test", pairs: dataset.count("test") } },
  });
  expect(err).toContain(`Report: ${join(folder, "report.html")}`);
  expect((await pickapic(["evaluate", "run", root])).code).toBe(1);
});
