/** @file A program of the user: a request as JSON on its standard input, the path of a picture on its standard output. It is started for each image. */

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { endGroup, endWithThisProcess } from "@pickapic/disk";
import { codeOf } from "@pickapic/errors";
import { GenerationError } from "../errors.ts";
import type { Kind, OpenedEntry } from "./kind.ts";

/** Of what a program writes, no more than this is stored. Characters. */
const MOST_SAID = 64 * 1024;
/** Of its last lines, so many are tried as the path of the picture. */
const MOST_LINES = 100;

/** A program of the user. It may have every setting; what it does not follow it need not tell. */
export const command: Kind = {
  about: "a program of yours",
  target: "a command line",
  isServer: false,
  concurrency: 1,
  has: { guidance: true, steps: true, seed: true, negativePrompt: true, size: true },
  options: [],
  async open(entry, { folder, environment, mostBytes, inSlot }) {
    const { name, target, model, settings } = entry;
    return {
      generate: (request, { signal }) =>
        inSlot(async () => {
          const out = await mkdtemp(join(tmpdir(), "pickapic-command-"));
          try {
            const asked = { ...request, model: model ?? null, settings, out };
            const said = await run(entry, { input: JSON.stringify(asked), folder, environment, signal });
            const lines = said.split(/\r?\n/).flatMap((line) => line.trim() || []);
            return { bytes: await readPicture(lines.slice(-MOST_LINES).reverse(), folder, name, mostBytes) };
          } finally {
            await rm(out, { recursive: true, force: true });
          }
        }, signal),
      check: async () => `is started for each image: ${target.slice(0, 80)}`,
    };
  },
};

interface Running {
  input: string;
  folder: string;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal | undefined;
}

/** Runs the program and returns what it wrote to standard output. With the timeout or the signal it ends, and everything that it started. */
async function run(
  { name, target, key, own, timeoutMs }: OpenedEntry,
  { input, folder, environment, signal }: Running,
): Promise<string> {
  const secret = key !== undefined && typeof own.key === "string" ? { [own.key]: key } : {};
  const env = { ...environment, ...secret };
  const child = spawn(target, { shell: true, cwd: folder, env, stdio: "pipe", detached: process.platform !== "win32" });
  endWithThisProcess(child);
  const late = AbortSignal.timeout(timeoutMs);
  const either = signal ? AbortSignal.any([signal, late]) : late;
  const stop = () => endGroup(child, "SIGKILL");
  either.addEventListener("abort", stop, { once: true });
  const written = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      written[stream] = (written[stream] + text).slice(-MOST_SAID);
    });
  // A program that ends without reading breaks the pipe; its end says why.
  child.stdin.on("error", () => {}).end(`${input}\n`);
  const how = await new Promise<string>((done) => {
    child.once("error", (error) => done(codeOf(error) ?? error.message));
    child.once("close", (code, killed) => done(killed ?? `exit code ${code}`));
  }).finally(() => either.removeEventListener("abort", stop));
  signal?.throwIfAborted();
  if (late.aborted) throw new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, timeoutMs / 1000);
  if (how === "exit code 0") return written.stdout;
  const said = written.stderr.trim().split(/\r?\n/).at(-1)?.slice(0, 200) || "nothing";
  throw new GenerationError("PICKAPIC_BACKEND_ENDED", name, how, key ? said.replaceAll(key, "***") : said);
}

/**
 * Reads the picture that the first of these lines names which is a file: libraries write lines of their own to the standard output.
 * @param lines last one first
 */
async function readPicture(lines: readonly string[], folder: string, name: string, mostBytes: number): Promise<Uint8Array> {
  for (const line of lines) {
    const file = resolve(folder, line);
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) continue;
    if (found.size <= mostBytes) return readFile(file);
    throw new GenerationError("PICKAPIC_BACKEND_TOO_LARGE", name, Math.ceil(mostBytes / 1024 / 1024));
  }
  const [last] = lines;
  if (last === undefined) throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "the path of a picture", "nothing");
  throw new GenerationError(
    "PICKAPIC_BACKEND_REPLY",
    name,
    "the path of a picture that is there",
    JSON.stringify(last.slice(0, 100)),
  );
}
