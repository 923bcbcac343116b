/**
 * @file Opens run folders; all other code reads and writes their files through this one. Only one process can open a run folder for training; any
 * process may read it. After a crash every file is in its old state or in its new one.
 */
import { existsSync, statSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { isDiskFull, makeFolder, writeWholeFile } from "@pickapic/disk";
import { codeOf, messageOf } from "@pickapic/errors";
import { PickScoreError } from "../errors.ts";
import { saveTrained, type Training } from "../model/training.ts";
import type { TrainSettings } from "../settings/settings.ts";
import type { TrainState } from "../steps/state.ts";
import { appendMetrics, keepMetricsUpTo, type Metrics, readMetrics } from "./metrics.ts";
import { parseRecord, type RunRecord, recordedSettings } from "./record.ts";
import { isModelFile, isStateFolderName, type RunFiles, runFiles, stateFolderName } from "./runFiles.ts";
import { lockRun } from "./runLock.ts";
import { readState, writeState } from "./runState.ts";
import { assertSameRun } from "./sameRun.ts";
import { readValidation, type ValidationRecord, writeValidation } from "./validation.ts";

/** A run folder that this process has opened for training. Until it is disposed of, no other process can open it. */
export interface RunFolder extends AsyncDisposable {
  readonly folder: string;
  readonly files: RunFiles;
  /** The record of the run in the folder; null when there was none at opening. */
  readonly found: RunRecord | null;
  /**
   * Checks that the run in the folder has the given settings, data and starting model; does nothing when there is no run.
   * @param given the settings that the caller gives now
   * @param checksums current checksums of the data and the starting model
   * @throws {PickScoreError} PICKAPIC_RUN_DIFFERS, with all differences
   */
  assertSame(given: Readonly<Record<string, unknown>>, checksums?: Pick<RunRecord, "dataset" | "init">): Promise<void>;
  /**
   * Prepares the folder for writing: removes half-written files of a killed process, and metrics after the state that is resumed.
   * @throws {PickScoreError} PICKAPIC_RUN_FOLDER_TAKEN when the folder holds a model that no run has made
   */
  begin(): Promise<void>;
  /** Fills `state` with the saved parameters, moments, step and loss scale. @throws {PickScoreError} PICKAPIC_RUN_BROKEN */
  loadState(state: TrainState): Promise<void>;
  /**
   * Saves parameters and moments, then the record that names them, and then removes older ones. When it fails, for example on a full disk, the state
   * that was saved before is intact.
   * @throws {PickScoreError} PICKAPIC_RUN_NOT_SAVED
   */
  saveState(record: RunRecord, training: Training): Promise<void>;
  /** Writes the model as a checkpoint in Hugging Face layout. @throws {PickScoreError} PICKAPIC_RUN_NOT_SAVED */
  saveModel(training: Training): Promise<void>;
  appendMetrics(metrics: Metrics): Promise<void>;
  /** Reads validation.json; null when the run has none. @throws {PickScoreError} PICKAPIC_RUN_BROKEN */
  readValidation(): Promise<ValidationRecord | null>;
  writeValidation(record: ValidationRecord): Promise<void>;
  /** Records that the run is finished, and removes the saved states, which only a resumed run needs. */
  finish(record: RunRecord): Promise<void>;
}

/** What a caller expects in the folder: no run, a run to resume, or either of them. */
export type Expected = "no run" | "a run" | "either";

/**
 * Opens a run folder for training and locks it. Declare it with `await using`, which releases the lock.
 * @throws {PickScoreError} PICKAPIC_RUN_BUSY, _EXISTS, _MISSING or _BROKEN
 */
export async function openRunFolder(folder: string, expected: Expected): Promise<RunFolder> {
  // Locking creates a missing folder, which must not happen when a caller only asks for a run.
  if (expected === "a run" && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new PickScoreError("PICKAPIC_RUN_MISSING", folder);
  const lock = await lockRun(folder);
  try {
    const found = await findRecord(folder, expected);
    return opened(folder, found, lock.release);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function findRecord(folder: string, expected: Expected): Promise<RunRecord | null> {
  const found = await readRunRecord(folder);
  if (!found && expected === "a run") throw new PickScoreError("PICKAPIC_RUN_MISSING", folder);
  if (found && expected === "no run") throw new PickScoreError("PICKAPIC_RUN_EXISTS", folder);
  return found;
}

/** run.json of a folder; null where there is none. @throws {PickScoreError} PICKAPIC_RUN_BROKEN */
async function readRunRecord(folder: string): Promise<RunRecord | null> {
  const { record } = runFiles(folder);
  const text = await readFile(record, "utf8").catch(() => null);
  return text === null ? null : parseRecord(text, record);
}

/** Whether a folder holds a run. */
export const hasRun = (folder: string): boolean => existsSync(runFiles(folder).record);

function opened(folder: string, found: RunRecord | null, release: () => Promise<void>): RunFolder {
  const files = runFiles(folder);
  return {
    folder,
    files,
    found,
    async assertSame(given, checksums) {
      if (found) await assertSameRun(folder, found, given, checksums);
    },
    async begin() {
      await prepareFolder(folder);
      await keepMetricsUpTo(files.metrics, found ? found.step : -1);
    },
    async loadState(state) {
      if (!found?.state) throw new PickScoreError("PICKAPIC_RUN_BROKEN", files.record, "it names no saved state");
      await readState(join(folder, found.state), state);
      state.step = found.step;
      state.lossScale = found.lossScale;
    },
    saveState: (record, training) => saveState(folder, record, training),
    saveModel: (training) => orNotSaved(folder, "the model", () => saveTrained(folder, training)),
    appendMetrics: (metrics) => appendMetrics(files.metrics, metrics),
    readValidation: () => readValidation(files.validation),
    writeValidation: (record) => writeValidation(files.validation, record),
    async finish(record) {
      await writeRecord(folder, { ...record, startKept: record.best?.step === 0, state: null, finished: true });
      await removeStates(folder, null);
    },
    [Symbol.asyncDispose]: release,
  };
}

async function saveState(folder: string, record: RunRecord, training: Training): Promise<void> {
  const name = stateFolderName(record.step);
  try {
    await orNotSaved(folder, `the state after step ${record.step}`, async () => {
      await writeState(join(folder, name), training);
      await writeRecord(folder, { ...record, state: name });
    });
  } catch (error) {
    if ((await readRunRecord(folder))?.state !== name) await rm(join(folder, name), { recursive: true, force: true });
    throw error;
  }
  await removeStates(folder, name);
}

/** Calls `write`; an error of the disk becomes PICKAPIC_RUN_NOT_SAVED, which tells the user how to continue. */
async function orNotSaved(folder: string, what: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!codeOf(error)?.startsWith("E")) throw error;
    const reason = isDiskFull(error) ? "the disk is full" : messageOf(error);
    const goOn = hasRun(folder) ? "go on with --resume; what was saved before is as it was" : "start the run again";
    throw new PickScoreError("PICKAPIC_RUN_NOT_SAVED", folder, what, reason, `make room there and ${goOn}`).because(error);
  }
}

const writeRecord = (folder: string, record: RunRecord): Promise<void> =>
  writeWholeFile(runFiles(folder).record, `${JSON.stringify(record, null, 2)}\n`);

async function removeStates(folder: string, except: string | null): Promise<void> {
  const old = (await readdir(folder)).filter((name) => isStateFolderName(name) && name !== except);
  for (const name of old) await rm(join(folder, name), { recursive: true, force: true });
}

/**
 * Creates the folder, or cleans it when it is that of a run, which has a record or metrics. In any other folder nothing is removed, and a model in it
 * is an error, because the run would overwrite it.
 */
async function prepareFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  const names = await readdir(folder);
  const { metrics, record, pixels } = runFiles(folder);
  if (![metrics, record].some((file) => names.includes(basename(file)))) {
    const model = names.sort().find(isModelFile);
    if (model === undefined) return;
    throw new PickScoreError("PICKAPIC_RUN_FOLDER_TAKEN", folder, model);
  }
  const halves = names.filter((name) => name.endsWith(".part") || name === basename(pixels));
  for (const name of halves) await rm(join(folder, name), { recursive: true, force: true });
}

/** A PickScore run as it is on disk, for reading. */
export interface SavedRun {
  readonly folder: string;
  readonly files: RunFiles;
  readonly record: RunRecord;
  readonly settings: TrainSettings;
  readonly metrics: readonly Metrics[];
  /** null when validation.json does not exist: no pairs could choose the step, or nothing is measured yet. */
  readonly validation: ValidationRecord | null;
}

/**
 * Reads a PickScore run. It takes no lock, so that a run can be read while another process trains it.
 * @throws {PickScoreError} PICKAPIC_RUN_MISSING when the folder holds no run, PICKAPIC_RUN_BROKEN when a file of it cannot be read
 */
export async function readRun(folder: string): Promise<SavedRun> {
  const record = await readRunRecord(folder);
  if (!record) throw new PickScoreError("PICKAPIC_RUN_MISSING", folder);
  const files = runFiles(folder);
  const settings = recordedSettings(record, files.record);
  const [metrics, validation] = [await readMetrics(files.metrics), await readValidation(files.validation)];
  return { folder, files, record, settings, metrics, validation };
}

/** The number of optimizer steps of the model in a run folder. */
export const modelStep = ({ record }: Pick<SavedRun, "record">): number => record.best?.step ?? record.step;

/** Removes the model of a run and keeps its record, metrics and figures. */
export async function removeModel(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter(isModelFile);
  for (const name of names) await rm(join(folder, name));
}
