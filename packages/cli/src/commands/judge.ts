/** @file `pickapic judge`: serves the judge, calibrates it on votes, and keeps the keys of its callers. */
import { setFlagsFromString } from "node:v8";
import { checkWritable } from "@pickapic/disk";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import type { Command } from "commander";
import { type Context, note, result, untilStopped } from "../context.ts";
import { CliError } from "../errors.ts";
import { registerJudgeKeys } from "../judge/keys.ts";
import { registerJudgeSwap } from "../judge/swap.ts";
import { fetchModels } from "../model/fetch.ts";
import { decimal, deviceOption, JSON_RESULT, PROCESSOR, pixelsOption, threadsOption, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import { type ExternalOptions, externalOptions, externalSettings, SCORER_NAMES } from "../scoring/scorerOptions.ts";

interface ScorerChoice extends ExternalOptions {
  scorer: string;
  processor?: string;
  pixels: PixelPolicy;
  device: "auto" | "cpu" | "webgpu" | "cuda";
  threads: number;
}

interface ServeOptions extends ScorerChoice {
  host: string;
  port: number;
  keys: string;
  calibration?: string;
  votes?: string;
  allowHost?: string[];
  open: boolean;
  batch?: number;
  longestWait: number;
  json?: boolean;
}

interface CalibrateOptions extends ScorerChoice {
  out: string;
  json?: boolean;
}

/** The file of the callers' keys, unless an option names another one. */
const KEYS_FILE = "judge-keys.json";

/** Adds `pickapic judge serve`, `judge calibrate`, `judge swap` and `judge key`. */
export function registerJudge(program: Command, context: Context): void {
  const judge = program.command("judge").description("let other programs ask which images people prefer (docs/judge.md)");
  scorerOptions(judge.command("serve"))
    .summary("serve the judge over HTTP")
    .description(
      "Serve the judge over HTTP: /api/rank and /api/score, /v1/decisions for the openai client, /v1/systemone, and the reward servers of flow_grpo, verl-omni and Flow-Factory. Without votes its probabilities are uncalibrated, and it says so at its start and in /api/judge. Ctrl-C stops it after the questions that have arrived are answered.",
    )
    .option("--port <n>", "port; 0: any free one", whole(0, 65_535), 3100)
    .option("--host <address>", "address to listen on; 0.0.0.0 lets other machines in, and then callers need keys", "localhost")
    .option("--keys <file>", "keys of the callers; when it holds none, only this machine may ask", KEYS_FILE)
    .option("--open", "let other machines ask without a key", false)
    .option("--calibration <file>", "the calibration of the scorer, made by `pickapic judge calibrate`")
    .option("--votes <dataset>", "calibrate the scorer at the start, on the held-out splits of this dataset")
    .option("--allow-host <names...>", "hosts from which images may be fetched (default: none)")
    .option(
      "--batch <n>",
      "largest number of images that the scorer gets at a time (default: 8 for a model on the processor, else 32)",
      whole(1, 1024),
    )
    .option("--longest-wait <ms>", "longest time that an image waits for others to fill a batch", decimal(0, 10_000), 2)
    .option("--json", "print the address as JSON when the judge is ready")
    .addHelpText(
      "after",
      "\nExamples:\n  $ pickapic judge serve --scorer runs/mine --votes my-dataset\n  $ pickapic judge serve --host 0.0.0.0 --keys judge-keys.json",
    )
    .action((options: ServeOptions) => serve(options, context));
  scorerOptions(judge.command("calibrate"))
    .summary("fit the judge's probabilities to votes")
    .description(
      "Fit the temperature of a scorer to the validation split of a dataset, measure on its test split how far the probabilities are off, and write both into a file for `pickapic judge serve --calibration`.",
    )
    .argument(
      "<dataset>",
      "a dataset folder that the scorer was not trained on, or was trained on without its validation and test splits",
    )
    .requiredOption("--out <file>", "where to write the calibration")
    .option(...JSON_RESULT)
    .addHelpText("after", "\nExample:\n  $ pickapic judge calibrate my-dataset --scorer runs/mine --out judge.json")
    .action((dataset: string, options: CalibrateOptions) => calibrateInto(dataset, options, context));
  registerJudgeSwap(judge, context);
  registerJudgeKeys(judge, context);
}

function scorerOptions(command: Command): Command {
  return externalOptions(command)
    .option("--scorer <name>", SCORER_NAMES, "pickscore-toy")
    .option("--processor <name>", PROCESSOR)
    .addOption(pixelsOption())
    .addOption(deviceOption())
    .addOption(threadsOption());
}

function scorerSettings(options: ScorerChoice, context: Context) {
  const { processor, pixels, device, threads } = options;
  return { ...externalSettings(options, context), processor, pixels, device, threads };
}

async function serve(options: ServeOptions, context: Context): Promise<void> {
  const { calibration: file, votes, scorer: name } = options;
  if (file !== undefined && votes !== undefined)
    throw new CliError("PICKAPIC_USAGE_ARGUMENT", "--calibration and --votes: give one of them; each says how to calibrate.");
  const { openJudge, openKeys, readCalibration, calibrationSentence } = await import("@pickapic/judge");
  const { openMetrics, startJudgeServer } = await import("@pickapic/server/judge");
  collectLessOften();
  const operators = openKeys(options.keys);
  const keys = await neededKeys(options, operators);
  await fetchModels([name], context, options.processor);
  const scorer = scorerSettings(options, context);
  const made = votes === undefined ? null : await calibrated(votes, options, context);
  const calibration = made && !("reason" in made) ? made : file === undefined ? null : await readCalibration(file);
  const metrics = openMetrics();
  const batches = { batchImages: options.batch, longestWaitMs: options.longestWait };
  const judge = await openJudge(name, { scorer, calibration, batches, onBatch: metrics.onBatch });
  try {
    const images = { allowedHosts: options.allowHost ?? [] };
    const server = await startJudgeServer(judge, {
      host: options.host,
      port: options.port,
      keys,
      operators,
      images,
      metrics,
    });
    const about = calibrationSentence(calibration, made && "reason" in made ? made.reason : undefined);
    result(
      context,
      options.json,
      { url: server.url, pid: process.pid, scorer: name, calibration: about },
      () => `The judge ${name} is ready at ${server.url}`,
    );
    note(context, about);
    note(context, keys ? `Callers need a key of ${options.keys}.` : "Callers need no key.");
    await untilStopped(context);
    note(context, "\nStopping: questions that have arrived are answered ...");
    await server.close();
  } finally {
    await judge.close();
  }
}

/**
 * Makes V8 collect garbage only when there is about twice as much garbage as memory in use. The bodies of questions lie outside V8's heap but count as
 * pressure on it: by default, 9 MB of them start a full collection of 20 to 60 ms, so that every request of 64 pictures would wait for one.
 */
function collectLessOften(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}

const HEAP_GROWTH_PERCENT = 200;

/** The keys that callers need; null when none are needed: no key was made, and only this machine can ask or --open was given. */
async function neededKeys<K extends { count(): Promise<number> }>(
  { host, keys, open }: ServeOptions,
  ring: K,
): Promise<K | null> {
  if ((await ring.count()) > 0) return ring;
  if (open || ["localhost", "127.0.0.1", "::1"].includes(host)) return null;
  throw new CliError(
    "PICKAPIC_USAGE_ARGUMENT",
    `--host ${host}: other machines could ask this judge, and ${keys} holds no key: make one with \`pickapic judge key add NAME --keys ${keys}\`, or give --open.`,
  );
}

async function calibrateInto(dataset: string, options: CalibrateOptions, context: Context): Promise<void> {
  const { calibrationSentence, writeCalibration } = await import("@pickapic/judge");
  await fetchModels([options.scorer], context, options.processor);
  await checkWritable(options.out);
  const made = await calibrated(dataset, options, context);
  if ("reason" in made)
    throw new CliError("PICKAPIC_USAGE_ARGUMENT", `${dataset}: ${options.scorer} cannot be calibrated on it: ${made.reason}.`);
  await writeCalibration(options.out, made);
  const { quantiles: _, ...told } = made;
  result(context, options.json, { file: options.out, ...told }, () => `${calibrationSentence(made)}\nWritten to ${options.out}.`);
}

async function calibrated(dataset: string, options: ScorerChoice, context: Context) {
  const { calibrate } = await import("@pickapic/judge");
  const { openNamedScorer } = await import("@pickapic/pickscore/scorers");
  const { heldOutVotes } = await import("../judge/votes.ts");
  const view = showProgress(context, "calibrating");
  const scorer = await openNamedScorer(options.scorer, scorerSettings(options, context));
  try {
    return await calibrate(scorer, await scorer.identify(), await heldOutVotes(dataset, view.update, context.signal));
  } finally {
    view.stop();
    await scorer.close();
  }
}
