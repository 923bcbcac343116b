/** @file The folder of a run: everything needed to go on with it, written so that a crash leaves the old state or the new one. */
import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { listTensors, openCheckpoint, parameterShapes, readTensors, saveCheckpoint, writeSafetensors } from "@pickapic/clip";
import { type Arena, fillArena } from "./arena.ts";
import { PickScoreError } from "./errors.ts";
import type { TrainModel } from "./model.ts";
import type { Shapes, TrainState } from "./stepper.ts";

/** run.json. With the tensors of `state` it is all that a run is. */
export interface RunRecord {
  format: 1;
  kind: "pickscore" | "contrastive";
  settings: Record<string, unknown>;
  versions: Record<string, string>;
  /** SHA256SUMS of the dataset folder, when the run read one. */
  dataset?: string;
  /** Optimizer steps that are done; also the position in the data, because batches never run short. */
  step: number;
  /** Where the next batch starts: in which epoch, at which of its examples; and the seed that orders it. */
  position: { epoch: number; example: number; seed: number };
  /** The validation that the checkpoint in the run folder had. */
  best: { step: number; accuracy: number } | null;
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

/** The record of a run that is under way. @param examples that an epoch has */
export function recordAt({ kind, settings, step, examples, best }: RecordParts): RunRecord {
  const next = step * settings.batchPairs;
  return {
    format: 1,
    kind,
    settings: { ...settings },
    versions: versions(),
    step,
    position: { epoch: Math.floor(next / examples), example: next % examples, seed: settings.seed },
    best,
    state: null,
    finished: false,
  };
}

interface RecordParts extends Pick<RunRecord, "kind" | "step" | "best"> {
  settings: { batchPairs: number; seed: number };
  examples: number;
}

/** What the numbers of a run may depend on besides its settings. */
const versions = (): Record<string, string> => ({
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  "onnxruntime-node": versionOf("onnxruntime-node"),
});

function versionOf(name: string): string {
  const file = createRequire(createRequire(import.meta.url).resolve("@pickapic/graph")).resolve(`${name}/package.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** Settings that may change between two parts of a run: they change no number of it. */
const FREE = new Set(["out", "threads", "spin", "pixelCacheMiB", "saveEvery"]);

/**
 * The record of the run in a folder, or null where there is none.
 * @throws {PickScoreError} PICKAPIC_RUN_EXISTS, _MISSING, _BROKEN or _DIFFERS
 */
export async function findRun(folder: string, settings: object, resume: boolean): Promise<RunRecord | null> {
  const text = await readFile(runFiles(folder).record, "utf8").catch(() => null);
  if (text === null && resume)
    throw new PickScoreError("PICKAPIC_RUN_MISSING", `${folder}: there is no run to go on with: start it without --resume.`);
  if (text === null) return null;
  if (!resume)
    throw new PickScoreError(
      "PICKAPIC_RUN_EXISTS",
      `${folder}: there is a run here already: go on with --resume, or choose another folder.`,
    );
  const record = parseRecord(text, folder);
  assertSame(record.settings, settings as Record<string, unknown>, folder);
  return record;
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

function assertSame(then: Record<string, unknown>, now: Record<string, unknown>, folder: string): void {
  // A setting that came with a later version is not in the record: it has the value that leaves everything as it was.
  const key = Object.keys(now).find(
    (each) => !FREE.has(each) && each in then && JSON.stringify(then[each]) !== JSON.stringify(now[each]),
  );
  if (key === undefined) return;
  const values = `${JSON.stringify(then[key])} then, ${JSON.stringify(now[key])} now`;
  throw new PickScoreError(
    "PICKAPIC_RUN_DIFFERS",
    `${folder}: the run was started with another ${key} (${values}): resume with the same settings.`,
  );
}

/** Writes parameters and moments into a folder of their own, then run.json that names it, then removes older ones. */
export async function saveRun(folder: string, record: RunRecord, state: TrainState, model: TrainModel): Promise<void> {
  await saveState(folder, record, state, async (place) => {
    await saveModel(place, state.parameters, model);
    const shapes = parameterShapes(model.config);
    const moments = [...momentsOf("first", state.first, shapes), ...momentsOf("second", state.second, shapes)];
    await writeSafetensors(join(place, "optimizer.safetensors"), new Map(moments));
  });
}

/** As `saveRun`, of a run that trains a part: the frozen tensors are in the model that it started from. */
export async function savePart(folder: string, record: RunRecord, state: TrainState, shapes: Shapes): Promise<void> {
  await saveState(folder, record, state, async (place) => {
    await mkdir(place, { recursive: true });
    const kinds = { parameter: state.parameters, first: state.first, second: state.second };
    const all = Object.entries(kinds).flatMap(([kind, arena]) => momentsOf(kind, arena, shapes));
    await writeSafetensors(join(place, "optimizer.safetensors"), new Map(all));
  });
}

/** Writes a state beside the last one; a disk that fills up leaves that one, and nothing of the new. */
async function saveState(
  folder: string,
  record: RunRecord,
  state: TrainState,
  write: (place: string) => Promise<void>,
): Promise<void> {
  const name = `state-${String(state.step).padStart(6, "0")}`;
  try {
    await write(join(folder, name));
    await writeRecord(folder, { ...record, state: name });
  } catch (error) {
    if (!(await isNamed(folder, name))) await rm(join(folder, name), { recursive: true, force: true });
    throw error;
  }
  await removeStates(folder, name);
}

/** Whether run.json goes on from this state. */
async function isNamed(folder: string, name: string): Promise<boolean> {
  const text = await readFile(runFiles(folder).record, "utf8").catch(() => "{}");
  return (JSON.parse(text) as Partial<RunRecord>).state === name;
}

/** Writes run.json of a run that is done and removes what only going on would need. */
export async function finishRun(folder: string, record: RunRecord): Promise<void> {
  await writeRecord(folder, { ...record, state: null, finished: true });
  await removeStates(folder, null);
}

/** A checkpoint in Hugging Face layout. */
export async function saveModel(
  folder: string,
  parameters: Arena,
  { config, processor, tokenizerFiles }: TrainModel,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await saveCheckpoint(folder, { config, processor, tokenizerFiles, parameters: parameters.views });
}

/** Fills a state with what `saveRun` wrote. */
export async function loadRun(folder: string, record: RunRecord, state: TrainState): Promise<void> {
  try {
    const from = join(folder, record.state ?? "");
    const moments = await readTensors(await listTensors(join(from, "optimizer.safetensors")));
    const isPart = [...moments.keys()].some((name) => name.startsWith("parameter."));
    fillArena(state.parameters, isPart ? withoutPrefix(moments, "parameter.") : await (await openCheckpoint(from)).readAll());
    for (const kind of ["first", "second"] as const) fillArena(state[kind], withoutPrefix(moments, `${kind}.`));
    state.step = record.step;
  } catch (error) {
    const what = (error as Error).message;
    throw new PickScoreError("PICKAPIC_RUN_BROKEN", `${folder}: the state of step ${record.step} cannot be read (${what}).`, {
      cause: error,
    });
  }
}

function momentsOf(kind: string, arena: Arena, shapes: Shapes) {
  return [...arena.views].map(([name, data]) => [`${kind}.${name}`, { shape: shapes.get(name)!, data }] as const);
}

function withoutPrefix(tensors: ReadonlyMap<string, Float32Array>, prefix: string): Map<string, Float32Array> {
  return new Map(
    [...tensors].filter(([name]) => name.startsWith(prefix)).map(([name, data]) => [name.slice(prefix.length), data]),
  );
}

async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  const { record: file } = runFiles(folder);
  await writeBeside(file, `${JSON.stringify(record, null, 2)}\n`);
}

/** Writes a text beside, then renames. */
export async function writeBeside(file: string, text: string): Promise<void> {
  try {
    await writeFile(`${file}.part`, text);
    await rename(`${file}.part`, file);
  } catch (error) {
    await rm(`${file}.part`, { force: true });
    throw error;
  }
}

async function removeStates(folder: string, except: string | null): Promise<void> {
  const old = (await readdir(folder)).filter((name) => /^state-\d+$/.test(name) && name !== except);
  for (const name of old) await rm(join(folder, name), { recursive: true, force: true });
}
