/** @file The models that take part, as models.yaml says, and again whenever the file changes. */

import { type Stats, unwatchFile, watchFile } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "@pickapic/errors";
import { stringify } from "yaml";
import type { Backend } from "../backend.ts";
import { parseModels } from "./file.ts";
import { filesNamed } from "./named.ts";
import { type LimitsByServer, type ModelEffects, type OpenedBackend, openEntries } from "./open.ts";
import { textOf } from "./text.ts";

/** What happened when the file of models changed: a sentence for the operator. */
export interface RosterNews {
  /** False: the file has faults, and the models stay as they were. */
  ok: boolean;
  message: string;
}

/** The models of a file. */
export interface Roster {
  /** The backends as the file says now. */
  readonly backends: readonly Backend[];
  /** Reads the file again. Faults leave the models as they are. */
  reload(): Promise<RosterNews>;
  /** Reads the file again whenever it or a file that it names changes, such as a workflow or a manifest, and tells of it. */
  watch(tell: (news: RosterNews) => void): void;
  /** Stops watching, and ends what the backends started. */
  close(): Promise<void>;
}

/** Time between two looks at the file, ms. Looking works on network drives too, where notifications do not come. */
const LOOK_EVERY_MS = 1_000;

/**
 * Opens the models of a file.
 * @throws GenerationError PICKAPIC_MODELS_FILE_UNREADABLE, PICKAPIC_MODELS_FILE_INVALID, PICKAPIC_TEMPLATES_*
 */
export function openRoster(file: string, effects: ModelEffects = {}): Promise<Roster> {
  return openFrom(file, () => textOf(file), effects);
}

/**
 * Opens a folder of pictures as if it stood alone in a file of models.
 * @throws GenerationError PICKAPIC_MODELS_FILE_INVALID
 */
export function openPictures(folder: string, effects: ModelEffects = {}): Promise<Roster> {
  return openFrom(`--images ${folder}`, async () => stringify({ models: [{ folder: resolve(folder) }] }), effects);
}

async function openFrom(file: string, read: () => Promise<string>, effects: ModelEffects): Promise<Roster> {
  const limits: LimitsByServer = new Map();
  let named: string[] = [];
  const open = async (before: readonly OpenedBackend[]) => {
    const parsed = parseModels(await read(), file);
    // Before they are opened: a file with a fault is watched as well, until the fault is mended.
    named = filesNamed(parsed, file);
    return openEntries(parsed, file, limits, before, effects);
  };
  let opened = await open([]);
  let backends = opened.map(({ backend }) => backend);

  async function reload(): Promise<RosterNews> {
    try {
      const before = opened;
      opened = await open(before);
      backends = opened.map(({ backend }) => backend);
      await close(before.filter((each) => !opened.includes(each)));
      const names = backends.flatMap(({ models }) => models.map(({ name }) => name));
      return { ok: true, message: `${file}, or a file that it names, has changed. Models that take part now: ${names.join(", ")}.` };
    } catch (error) {
      const what = `${file}, or a file that it names, has changed and cannot be used, so the models stay as they were.`;
      return { ok: false, message: `${what} ${messageOf(error)}` };
    }
  }

  let reloading: Promise<unknown> = Promise.resolve();
  let watched: string[] = [];
  let look: (now: Stats, before: Stats) => void = () => {};
  const watchAll = (files: string[]) => {
    for (const each of watched) if (!files.includes(each)) unwatchFile(each, look);
    for (const each of files) if (!watched.includes(each)) watchFile(each, { interval: LOOK_EVERY_MS, persistent: false }, look);
    watched = files;
  };
  return {
    get backends() {
      return backends;
    },
    reload,
    watch(tell) {
      look = (now, before) => {
        if (isSame(now, before)) return;
        reloading = reloading.then(reload).then((news) => {
          watchAll([file, ...named]);
          tell(news);
        });
      };
      watchAll([file, ...named]);
    },
    async close() {
      watchAll([]);
      await reloading;
      watchAll([]);
      await close(opened);
    },
  };
}

/** Whether a file has not changed: watching also tells that it was read, and that it is not there. */
const isSame = (now: Stats, before: Stats): boolean =>
  now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino;

const close = (backends: readonly OpenedBackend[]) => Promise.all(backends.map(({ backend }) => backend.close?.()));
