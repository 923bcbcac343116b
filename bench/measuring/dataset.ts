/** @file The dataset: rankings without images exported from PostgreSQL, and validated. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { keepYoungGenerationSmall } from "../../packages/cli/src/dataset/youngGeneration.ts";
import { type Figure, type Step, Steps, timed } from "./figure.ts";

/** Of a process that exports once: the data folder, the address of the database and the folder of the dataset. */
const [data, url, out] = process.argv.slice(2);
// As the command does, which loads these when it exports.
if (out !== undefined) keepYoungGenerationSmall();
const { validateDataset, writeDataset } = await import("../../packages/dataset/src/index.ts");
const { openStore, preferenceSource } = await import("../../packages/server/src/store/index.ts");
const { fillFolder } = await import("./rankings.ts");

const RANKINGS = 1_000_000;
/** The argument of a process that only loads the program. */
const LOAD_ONLY = "load";
const run = promisify(execFile);
const print = (figure: Figure): boolean => process.stdout.write(`${JSON.stringify(figure)}\n`);

/** Reads all rows into memory and writes them again, as one process of Python. */
const PYARROW = `
import sys, time, pyarrow.parquet as parquet
table = parquet.read_table(sys.argv[1])
start = time.time()
parquet.write_table(table, sys.argv[1] + ".again", row_group_size=100000)
print(f"pyarrow writes {table.num_columns} columns from memory in {time.time() - start:.1f} s")`;

async function pyarrow(file: string): Promise<string> {
  const python = process.env.PICKAPIC_PYTHON ?? "python3";
  const done = await run(python, ["-c", PYARROW, file]).catch(() => undefined);
  return done?.stdout.trim() ?? `– (no ${python} with pyarrow; PICKAPIC_PYTHON names another)`;
}

/** Exports a database and prints times and memory of each step, as a process of its own, so that the memory is that of an export. */
async function exportOnce(data: string, databaseUrl: string, out: string): Promise<void> {
  const steps = new Steps();
  steps.end("the program is loaded");
  const store = await openStore(data, { databaseUrl, publicUrl: "https://pickapic.example.org" }, {});
  const source = preferenceSource(store);
  const read = source.blocks?.bind(source);
  const told = read && { blocks: () => toldWhenRead(read(), steps) };
  let isPlanned = false;
  const onProgress = () => {
    if (!isPlanned) steps.end("splits are planned");
    isPlanned = true;
  };
  const settings = { images: false, seed: 0, name: "Benchmark", license: "cc0-1.0", onProgress };
  const { seconds, cpuSeconds } = await timed(() => writeDataset({ ...source, ...told }, out, settings));
  steps.end("files are written");
  await store.close();
  process.stdout.write(JSON.stringify({ seconds, cpuSeconds, steps: steps.done } satisfies Exported));
}

/** What a process that exports once tells. */
interface Exported {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly steps: readonly Step[];
}

async function* toldWhenRead<T>(blocks: AsyncIterable<T>, steps: Steps): AsyncIterable<T> {
  for await (const block of blocks) {
    steps.end("columns are read");
    yield block;
    steps.end("prompts are numbered");
  }
}

/** Rows of the steps, for the next one who looks where memory and time are. */
function showSteps(steps: readonly Step[], size: string): void {
  for (const { step, seconds, cpuSeconds, peakMB, afterMB, heapMB, arraysMB } of steps)
    print({
      what: `… ${step}`,
      size,
      measured: `${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of processor time), ${peakMB.toFixed(0)} MB at most, ${afterMB.toFixed(0)} MB after it, of which V8's heap ${heapMB.toFixed(0)}, typed arrays ${arraysMB.toFixed(0)}`,
      asked: "",
    });
}

/** Bytes of the files of a folder. */
async function bytesOf(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function measure(scratch: string): Promise<void> {
  const [data, out] = [join(scratch, "data"), join(scratch, "dataset")];
  const filling = await timed(() => fillFolder(data, RANKINGS));
  const database = filling.value;
  process.stderr.write(`The database of ${RANKINGS} rankings was filled in ${filling.seconds.toFixed(0)} s.\n`);
  const self = fileURLToPath(import.meta.url);
  // As of the second start of the command, which stores compiled code: the first one also holds the compiler of TypeScript in memory.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(scratch, "compiled") };
  await run(process.execPath, [self, LOAD_ONLY], { env });
  const { stdout } = await run(process.execPath, [self, data, database.url, out], { env }).finally(() => database.close());
  const { seconds, cpuSeconds, steps }: Exported = JSON.parse(stdout);
  const peakMB = Math.max(...steps.map((step) => step.peakMB));
  const bytes = await bytesOf(join(out, "data"));
  print({
    what: "export without images",
    size: `${RANKINGS} rankings`,
    measured: `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor time without PostgreSQL's), ${peakMB.toFixed(0)} MB`,
    asked: "15 s, 400 MB",
    beside: await pyarrow(join(out, "data", "train-00000-of-00001.parquet")),
  });
  showSteps(steps, `${RANKINGS} rankings`);
  await rm(join(out, "data", "train-00000-of-00001.parquet.again"), { force: true });
  const validation = await timed(() => validateDataset(out));
  print({
    what: `validation, ${validation.value.length} findings`,
    size: `${(bytes / 1e6).toFixed(0)} MB`,
    measured: `${(bytes / 1e6 / validation.seconds).toFixed(0)} MB/s (${(bytes / 1e6 / validation.cpuSeconds).toFixed(0)} MB a second of processor time)`,
    asked: "300 MB/s",
  });
}

if (data !== undefined && url !== undefined && out !== undefined) await exportOnce(data, url, out);
else if (data !== LOAD_ONLY) {
  const scratch = await mkdtemp(join(tmpdir(), "pickapic-measuring-"));
  await measure(scratch).finally(() => rm(scratch, { recursive: true, force: true }));
}
