/** @file The folder of a run: everything needed to go on with it, written so that a crash leaves the old state or the new one. */
import { readFileSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { basename, join } from "node:path";
import { listTensors, openCheckpoint, readTensors, writeSafetensors } from "@pickapic/clip";
import { isDiskFull, makeFolder, writeWholeFile } from "@pickapic/disk";
import type { Arena } from "../adamw/arena.ts";
import type { Checksums } from "../data/checksums.ts";
import { PickScoreError } from "../errors.ts";
import { saveTrained, type Training } from "../model/training.ts";
import type { MemoryPlan } from "../resources/memoryPlan.ts";
import type { Place } from "../resources/place.ts";
import type { LossScale } from "../steps/lossScale.ts";
import type { CrossFit } from "../train/crossFit.ts";
import { assertSameRun } from "./sameRun.ts";

/** run.json. With the tensors of `state` it is all that a run is. */
export interface RunRecord {
  format: 1;
  kind: "pickscore" | "contrastive";
  settings: Record<string, unknown>;
  versions: Record<string, string>;
  /** sha256 of the files of the dataset (of its SHA256SUMS where it has one) and of the starting model; none for a run on data in memory. */
  dataset?: Checksums;
  init?: Checksums;
  /** How the steps fit into memory, and where they are made; a run that goes on keeps both. */
  plan?: MemoryPlan;
  place?: Place;
  /** Where products are in float16. */
  lossScale?: LossScale;
  /** Optimizer steps that are done; also the position in the data, because batches never run short. */
  step: number;
  /** Where the next batch starts: in which epoch, at which of its examples; and the seed that orders it. */
  position: { epoch: number; example: number; seed: number };
  /** The validation that the checkpoint in the run folder had. */
  best: { step: number; accuracy: number } | null;
  /** What was left to the rule, and its reason in a sentence. */
  recipe?: { chosen: string[]; reason: string };
  /** What chose the step, where that was cross-fitting. */
  crossFit?: CrossFit;
  /** Whether no step was better than the starting weights, so that the folder holds those; known once the run is finished. */
  startKept?: boolean;
  /** Folder of the parameters and moments after `step` steps; null when the run is finished. */
  state: string | null;
  finished: boolean;
}

export const runFiles = (folder: string) => ({
  record: join(folder, "run.json"),
  metrics: join(folder, "metrics.jsonl"),
  plot: join(folder, "loss.svg"),
  report: join(folder, "report.html"),
  validation: join(folder, "validation.json"),
  diverged: join(folder, "diverged"),
  states: (tower: string) => join(folder, `frozen-${tower}.bin`),
  pixels: join(folder, "pixels.tmp"),
});

/** The record of a run that is under way. @param parts `examples`: that an epoch has */
export function recordAt({ settings, examples, step, ...rest }: RecordParts): RunRecord {
  const next = step * settings.batchPairs;
  return {
    format: 1,
    ...rest,
    settings: { ...settings },
    versions: versions(),
    step,
    position: { epoch: Math.floor(next / examples), example: next % examples, seed: settings.seed },
    state: null,
    finished: false,
  };
}

interface RecordParts
  extends Pick<
    RunRecord,
    "kind" | "step" | "best" | "dataset" | "init" | "plan" | "place" | "lossScale" | "recipe" | "crossFit"
  > {
  settings: { batchPairs: number; seed: number };
  examples: number;
}

/** What the numbers of a run may depend on besides its settings. */
const versions = (): Record<string, string> => ({
  pickapic: (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version,
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  machine: `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  "onnxruntime-node": versionOf("onnxruntime-node"),
});

function versionOf(name: string): string {
  const file = createRequire(createRequire(import.meta.url).resolve("@pickapic/graph")).resolve(`${name}/package.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/**
 * The record of the run in a folder, or null where there is none.
 * @param given the settings that the run must have
 * @throws {PickScoreError} PICKAPIC_RUN_EXISTS, _MISSING, _BROKEN or _DIFFERS
 */
export async function findRun(folder: string, given: object, resume: boolean): Promise<RunRecord | null> {
  const record = await readRecord(folder, resume);
  if (record) await assertSameRun(folder, record, given as Record<string, unknown>);
  return record;
}

/**
 * The record of the run in a folder, whatever its settings; null where there is none.
 * @throws {PickScoreError} PICKAPIC_RUN_EXISTS, _MISSING or _BROKEN
 */
export async function readRecord(folder: string, resume: boolean): Promise<RunRecord | null> {
  const text = await readFile(runFiles(folder).record, "utf8").catch(() => null);
  if (text === null && resume)
    throw new PickScoreError("PICKAPIC_RUN_MISSING", `${folder}: there is no run to go on with: start it without --resume.`);
  if (text === null) return null;
  if (!resume)
    throw new PickScoreError(
      "PICKAPIC_RUN_EXISTS",
      `${folder}: there is a run here already: go on with --resume, or choose another folder.`,
    );
  return parseRecord(text, folder);
}

function parseRecord(text: string, folder: string): RunRecord {
  try {
    const record = JSON.parse(text) as RunRecord;
    if (record.format === 1 && Number.isSafeInteger(record.step) && typeof record.settings === "object") return record;
  } catch {
    // The same words as for JSON of another kind.
  }
  throw new PickScoreError(
    "PICKAPIC_RUN_BROKEN",
    `${folder}/run.json: expected the record of a run of format 1: start again in another folder.`,
  );
}

/**
 * Writes parameters and moments into a folder of their own, then run.json that names it, then removes older ones. Where all is trained the
 * folder is a checkpoint as well; else it has what was trained, and the rest is in the model that the run started from.
 * A disk that fills up leaves the last state, and nothing of the new one.
 * @throws {PickScoreError} PICKAPIC_RUN_NOT_SAVED
 */
export async function saveRun(folder: string, record: RunRecord, training: Training): Promise<void> {
  const name = `state-${String(record.step).padStart(6, "0")}`;
  const place = join(folder, name);
  try {
    await orNotSaved(folder, `the state after step ${record.step}`, async () => {
      await writeState(place, training);
      await writeRecord(folder, { ...record, state: name });
    });
  } catch (error) {
    if (!(await isNamed(folder, name))) await rm(place, { recursive: true, force: true });
    throw error;
  }
  await removeOldStates(folder, name);
}

async function writeState(place: string, training: Training): Promise<void> {
  const { state, part } = training;
  await makeFolder(place);
  if (part.kind === "all") await saveTrained(place, training);
  const kinds = { ...(part.kind !== "all" && { parameter: state.parameters }), first: state.first, second: state.second };
  const tensors = Object.entries(kinds).flatMap(([kind, arena]) => named(kind, arena, training));
  await writeSafetensors(join(place, "optimizer.safetensors"), new Map(tensors));
}

/** Writes the model of a run as a checkpoint in Hugging Face layout. @throws {PickScoreError} PICKAPIC_RUN_NOT_SAVED */
export async function saveModel(folder: string, training: Training): Promise<void> {
  await orNotSaved(folder, "the model", () => saveTrained(folder, training));
}

/** A refusal of the disk in words that say how to go on. */
async function orNotSaved(folder: string, what: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("E")) throw error;
    const reason = isDiskFull(error) ? "the disk is full" : (error as Error).message;
    const goOn = (await hasRun(folder)) ? "go on with --resume; what was saved before is as it was" : "start the run again";
    throw new PickScoreError(
      "PICKAPIC_RUN_NOT_SAVED",
      `${folder}: ${what} could not be written (${reason}): make room there and ${goOn}.`,
      { cause: error },
    );
  }
}

const hasRun = async (folder: string): Promise<boolean> => (await stat(runFiles(folder).record).catch(() => null)) !== null;

/** Whether run.json goes on from this state. */
async function isNamed(folder: string, name: string): Promise<boolean> {
  const text = await readFile(runFiles(folder).record, "utf8").catch(() => "{}");
  return (JSON.parse(text) as Partial<RunRecord>).state === name;
}

/** Writes run.json of a run that is done and removes what only going on would need. */
export async function finishRun(folder: string, record: RunRecord): Promise<void> {
  await writeRecord(folder, { ...record, startKept: record.best?.step === 0, state: null, finished: true });
  await removeOldStates(folder, null);
}

/**
 * Fills a training with what `saveRun` wrote, one tensor at a time.
 * @throws {PickScoreError} PICKAPIC_RUN_BROKEN
 */
export async function loadRun(folder: string, record: RunRecord, { state }: Pick<Training, "state">): Promise<void> {
  try {
    const place = join(folder, record.state ?? "");
    const tensors = await listTensors(join(place, "optimizer.safetensors"));
    const saved = async (name: string) => (await readTensors(new Map([[name, tensors.get(name)!]]))).get(name)!;
    const isPart = [...tensors.keys()].some((name) => name.startsWith("parameter."));
    const checkpoint = isPart ? null : await openCheckpoint(place);
    await readInto(state.parameters, (name) => checkpoint?.read(name) ?? saved(`parameter.${name}`));
    for (const kind of ["first", "second"] as const) await readInto(state[kind], (name) => saved(`${kind}.${name}`));
    state.step = record.step;
    state.lossScale = record.lossScale;
  } catch (error) {
    const what = (error as Error).message;
    throw new PickScoreError("PICKAPIC_RUN_BROKEN", `${folder}: the state of step ${record.step} cannot be read (${what}).`, {
      cause: error,
    });
  }
}

async function readInto(arena: Arena, read: (name: string) => Promise<Float32Array>): Promise<void> {
  for (const [name, view] of arena.views) {
    const values = await read(name);
    if (values.length !== view.length) throw new Error(`${name} has ${values.length} values; expected ${view.length}`);
    view.set(values);
  }
}

function named(kind: string, arena: Arena, { trained }: Training) {
  return [...arena.views].map(([name, data]) => [`${kind}.${name}`, { shape: trained.get(name)!, data }] as const);
}

async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  const { record: file } = runFiles(folder);
  await writeWholeFile(file, `${JSON.stringify(record, null, 2)}\n`);
}

async function removeOldStates(folder: string, except: string | null): Promise<void> {
  const old = (await readdir(folder)).filter((name) => /^state-\d+$/.test(name) && name !== except);
  for (const name of old) await rm(join(folder, name), { recursive: true, force: true });
}

/** Files of a model: a run writes them, and must not write them over somebody else's. */
const OF_A_MODEL = /^(config\.json|.*\.safetensors)$/;

/**
 * Makes the folder, and removes what a process that was killed left half-written in it; metrics.jsonl is the first file that a run writes.
 * @throws {PickScoreError} PICKAPIC_RUN_EXISTS when the folder holds a model that no run has made
 */
export async function openFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  const names = await readdir(folder);
  const { metrics, record } = runFiles(folder);
  if (![metrics, record].some((file) => names.includes(basename(file)))) {
    const model = names.find((name) => OF_A_MODEL.test(name));
    if (model === undefined) return;
    throw new PickScoreError(
      "PICKAPIC_RUN_EXISTS",
      `${folder}: expected a new folder for the run; it holds a model that no run has made (${model}): choose another folder.`,
    );
  }
  const halves = names.filter((name) => name.endsWith(".part") || name === "pixels.tmp");
  for (const name of halves) await rm(join(folder, name), { recursive: true, force: true });
}
