/**
 * @file What `pickapic train` with its defaults gains on N answers, in points on fresh answers of the toy world: `--answers 5000 15000`, `--seeds 5`, `--out FOLDER`
 * (stores datasets, runs and results, and goes on from there).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDataset, writeDataset } from "@pickapic/dataset";
import { collect } from "@pickapic/experiments/collect";
import { loadScorer, readRun } from "@pickapic/pickscore";
import { judgeSplit } from "../packages/experiments/src/measure/pairs.ts";
import { benchOptions, wholeNumber } from "./options/options.ts";

const options = benchOptions({
  answers: { type: "string", multiple: true, default: ["500"] },
  seeds: { type: "string", default: "5" },
  out: { type: "string", default: "reports/auto" },
});
const { out } = options;
const counts = options.answers.map((count) => wholeNumber("answers", count));
const seeds = wholeNumber("seeds", options.seeds);
const PICKAPIC = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));
const START = "clip-toy";
/** The seed of the people and prompts of the fresh answers, which no dataset has. */
const FRESH_SEED = 4_000_000;
/** Gives about 5,400 fresh answers with a winner, so that an accuracy has a standard error of 0.6 points. */
const FRESH_ANSWERS = 6_200;
const effects = { signal: new AbortController().signal, onProgress: () => {} };

/** What one training came to. */
interface Outcome {
  answers: number;
  seed: number;
  train: string;
  steps: number;
  chosen: number;
  seconds: number;
  peakMB: number;
  /** Accuracy without ties on the fresh answers, %. */
  accuracy: number;
}

await mkdir(out, { recursive: true });
const fresh = await datasetOf("fresh", FRESH_ANSWERS, FRESH_SEED);
const start = await stored("start", () => accuracyOn(fresh, START));
const rows: Outcome[] = [];
for (const answers of counts)
  for (let seed = 1; seed <= seeds; seed++) {
    rows.push(await stored(`${answers}-${seed}`, () => outcomeOf(answers, seed)));
    process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
  }

process.stdout.write(
  `${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}; ${START} has ${start.toFixed(1)} % on fresh answers\n\n`,
);
process.stdout.write(
  "| answers | trained, steps | points over the start, by seed | mean | least ... most | time, s | peak memory, MB |\n",
);
process.stdout.write("|---|---|---|---|---|---|---|\n");
for (const answers of new Set(rows.map((row) => row.answers))) process.stdout.write(`${lineOf(answers)}\n`);

function lineOf(answers: number): string {
  const runs = rows.filter((row) => row.answers === answers);
  const gains = runs.map(({ accuracy }) => accuracy - start);
  const points = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
  const range = (values: readonly number[]) => `${Math.round(Math.min(...values))} ... ${Math.round(Math.max(...values))}`;
  const trained = [...new Set(runs.map(({ train, steps, chosen }) => `${train}, ${steps} (step ${chosen} chosen)`))].join("; ");
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  return `| ${[
    answers,
    trained,
    gains.map(points).join(", "),
    points(mean),
    `${points(Math.min(...gains))} ... ${points(Math.max(...gains))}`,
    range(runs.map(({ seconds }) => seconds)),
    range(runs.map(({ peakMB }) => peakMB)),
  ].join(" | ")} |`;
}

async function outcomeOf(answers: number, seed: number): Promise<Outcome> {
  const dataset = await datasetOf(`${answers}-${seed}`, answers, seed);
  const run = join(out, `run-${answers}-${seed}`);
  await rm(run, { recursive: true, force: true });
  const begun = performance.now();
  const peakMB = await train(dataset, run);
  const seconds = (performance.now() - begun) / 1000;
  const { settings, record } = await readRun(run);
  const accuracy = await accuracyOn(fresh, run);
  await rm(dataset, { recursive: true });
  return {
    answers,
    seed,
    train: String(settings.train),
    steps: record.step,
    chosen: record.best?.step ?? 0,
    seconds,
    peakMB,
    accuracy,
  };
}

/** Runs the command with no option but the start and the folder; returns the peak of its memory, MB. */
async function train(dataset: string, run: string): Promise<number> {
  const child = spawn(process.execPath, [PICKAPIC, "train", dataset, "--init", START, "--out", run], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  let peak = 0;
  const timer = setInterval(() => peakOf(child.pid).then((kB) => (peak = Math.max(peak, kB))), 500);
  const [code] = await once(child, "exit");
  clearInterval(timer);
  if (code !== 0) throw new Error(`train on ${dataset} ended with ${code}.`);
  return peak / 1000;
}

/** The peak of a process's resident memory so far, kB; 0 when it has ended. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
}

async function datasetOf(name: string, rankings: number, seed: number): Promise<string> {
  const folder = join(out, `dataset-${name}`);
  if (existsSync(folder)) return folder;
  const { source } = await collect({ seed, rankings, answersPerPrompt: 4, promptsPerPerson: 6, size: 128 }, effects);
  await writeDataset(source, folder, { images: true, seed, name: "Toy choices (simulated)", license: "cc0-1.0", ...effects });
  return folder;
}

/** The share of the answers with a winner in which the scorer gives the winner the higher score, %. */
async function accuracyOn(folder: string, model: string): Promise<number> {
  const dataset = await openDataset(folder);
  const scorer = await loadScorer(model);
  let right = 0;
  let all = 0;
  for (const split of ["train", "validation", "test"] as const)
    for (const { label, probabilities } of await judgeSplit(dataset, split, [scorer], effects)) {
      const [first = 0.5] = probabilities;
      if (label === "tie") continue;
      all++;
      right += first === 0.5 ? 0.5 : Number(first > 0.5 === (label === 0));
    }
  await scorer.close();
  return (100 * right) / all;
}

/** Makes a value, or reads it when an earlier run has made it. */
async function stored<T>(name: string, make: () => Promise<T>): Promise<T> {
  const file = join(out, `${name}.json`);
  if (existsSync(file)) return JSON.parse(await readFile(file, "utf8")) as T;
  const value = await make();
  await writeFile(file, JSON.stringify(value));
  return value;
}
