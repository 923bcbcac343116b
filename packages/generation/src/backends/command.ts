/** @file A program of the user: a request as JSON on its standard input, the path of a picture on its standard output. It is started for each image. */

import { addAbortListener } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { GenerationError } from "../errors.ts";
import { startChild } from "./childProgram.ts";
import type { Kind, KindEffects, OpenedEntry } from "./kind.ts";

/** Of the lines that a program writes, so many of the last ones are tried as the path of the picture. */
const MOST_LINES = 100;

/** A program of the user. It may have every setting; what it does not follow it need not tell. */
export const command: Kind = {
  about: "a program of yours",
  target: "a command line",
  isServer: false,
  concurrency: 1,
  has: { guidance: true, steps: true, seed: true, negativePrompt: true, size: true },
  options: [],
  async open(entry, effects) {
    const { name, target, model = null, settings } = entry;
    const { folder, mostBytes, inSlot } = effects;
    return {
      generate: (request, { signal }) =>
        inSlot(async () => {
          const out = await mkdtemp(join(tmpdir(), "pickapic-command-"));
          try {
            const written = await run(entry, effects, JSON.stringify({ ...request, model, settings, out }), signal);
            const lines = written.split(/[\r\n]/).flatMap((line) => line.trim() || []);
            return { bytes: await readPicture(lines.slice(-MOST_LINES).reverse(), { folder, name, mostBytes }) };
          } finally {
            await rm(out, { recursive: true, force: true });
          }
        }, signal),
      check: async () => `is started for each image: ${target.slice(0, 80)}`,
    };
  },
};

/** Runs the program and returns what it wrote to standard output. With the timeout or the signal it ends, and everything that it started. */
async function run(
  { name, target, key, own, timeoutMs }: OpenedEntry,
  { folder, environment }: Pick<KindEffects, "folder" | "environment">,
  asked: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const child = startChild({
    program: target,
    isCommandLine: true,
    folder,
    environment: { ...environment, ...(own.key && { [own.key]: key }) },
    secret: key,
    input: `${asked}\n`,
  });
  const late = AbortSignal.timeout(timeoutMs);
  const either = signal ? AbortSignal.any([signal, late]) : late;
  using _listener = addAbortListener(either, () => child.signal("SIGKILL"));
  const how = await child.ended;
  signal?.throwIfAborted();
  if (late.aborted) throw new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, timeoutMs / 1000);
  if (how !== "exit code 0") throw new GenerationError("PICKAPIC_BACKEND_ENDED", name, how, child.said());
  return child.output();
}

/**
 * Reads the picture that a program has written: the last line that is the path of a file. Programs and their libraries write other lines, too.
 * @param lines last one first
 */
async function readPicture(
  lines: readonly string[],
  { folder, name, mostBytes }: { folder: string; name: string; mostBytes: number },
): Promise<Uint8Array> {
  for (const line of lines) {
    const file = resolve(folder, line);
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) continue;
    if (found.size <= mostBytes) return readFile(file);
    throw new GenerationError("PICKAPIC_BACKEND_TOO_LARGE", name, Math.ceil(mostBytes / 1024 / 1024));
  }
  const [last] = lines;
  const came = last === undefined ? "nothing" : JSON.stringify(last.slice(0, 100));
  throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "the path of a picture that is there", came);
}
