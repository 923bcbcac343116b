/** @file Measures the peak memory of ViT-H/14 for a first score, for scoring, for a step of lora:8 and for a step on all parameters, each in a new process. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE, modelOf } from "./models.ts";
import { pictures as picturesOf } from "./pictures.ts";
import type { Row, Surroundings } from "./report.ts";

const CHILD = fileURLToPath(new URL("./memoryChild.ts", import.meta.url));
const GIB = 2 ** 30;
/** Pictures that are scored or trained on. */
const PICTURES = 8;

/** The work of a child process. */
export interface Task {
  readonly kind: "score" | "train";
  readonly model: string;
  readonly pictures: readonly string[];
  /** For training: the settings `train` and `memory`, and the run folder. */
  readonly train: string;
  readonly memory: string;
  readonly out: string;
}

/** The result of a child process: its peak memory and its time. */
export interface Peak {
  readonly bytes: number;
  readonly seconds: number;
  /** The notes of training on its choices. */
  readonly notes: readonly string[];
}

interface Case extends Pick<Task, "kind" | "train" | "memory"> {
  readonly name: string;
  readonly what: string;
  readonly pictures: number;
  /** The most memory that is allowed, in GiB. */
  readonly most: number;
  /** GiB of free memory without which the case is left out: the limit of training, or a little more than scoring was measured to take. */
  readonly needs: number;
  /** GiB of disk for the run folder: a checkpoint, and both moments of the trained parameters. */
  readonly disk: number;
}

// biome-ignore format: a table
const CASES: readonly Case[] = [
  // 1.15 x its 986 million weights in float32.
  { name: "memoryLoad", what: "ViT-H/14 loaded, 1 picture", kind: "score", train: "", memory: "", pictures: 1, most: 4.22, needs: 4.5, disk: 0 },
  { name: "memoryScore", what: "ViT-H/14, 8 pictures, 1 prompt", kind: "score", train: "", memory: "", pictures: PICTURES, most: 8, needs: 4.5, disk: 0 },
  { name: "memoryLora", what: "ViT-H/14, a step of lora:8", kind: "train", train: "lora:8", memory: "7.5GiB", pictures: PICTURES, most: 8, needs: 7.5, disk: 5 },
  { name: "memoryAll", what: "ViT-H/14, a step on all", kind: "train", train: "all", memory: "21GiB", pictures: PICTURES, most: 22, needs: 21, disk: 17 },
];

/** Measures all cases. One that does not fit into the memory or onto the disk of this machine is left out with a message. */
export async function measureMemory({ say }: Surroundings): Promise<Row[]> {
  const model = await modelOf("vit-h-14", say);
  const files = await picturesOf(PICTURES, say);
  const rows: Row[] = [];
  for (const each of CASES) {
    const reason = await whyNot(each);
    if (reason) say(`${each.name} is left out: ${reason}`);
    else rows.push(await measureCase(each, model, files, say));
  }
  return rows;
}

async function whyNot({ needs, disk }: Case): Promise<string> {
  const memory = process.availableMemory() / GIB;
  const { bavail, bsize } = await statfs(CACHE);
  const free = (bavail * bsize) / GIB;
  if (memory < needs) return `it takes up to ${needs} GiB of memory, and ${memory.toFixed(1)} GiB are free`;
  return free < disk ? `it takes ${disk} GiB of disk in ${CACHE}, and ${free.toFixed(1)} GiB are free` : "";
}

async function measureCase(
  { name, what, kind, train, memory, pictures, most }: Case,
  model: string,
  files: readonly string[],
  say: (what: string) => void,
): Promise<Row> {
  say(`${what}: under way`);
  const out = join(CACHE, "run");
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  try {
    const task = { kind, model, pictures: files.slice(0, pictures), train, memory, out: join(out, "run") };
    const { bytes, seconds, notes } = await runChild(task);
    const measured = bytes / GIB;
    const note = [`${seconds.toFixed(0)} s`, ...notes].join("; ");
    return {
      name,
      what: `peak memory, ${what}`,
      asked: `at most ${most} GiB`,
      measured,
      unit: "GiB",
      holds: measured <= most,
      note,
    };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

async function runChild(task: Task): Promise<Peak> {
  const child = fork(CHILD, { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  child.send(task);
  const answer = once(child, "message");
  const end = once(child, "exit");
  const first = await Promise.race([answer, end.then(() => null)]);
  if (!first) throw new Error(`memory: the process that measures ${task.kind} ${task.train} ended without an answer`);
  await end;
  return first[0] as Peak;
}
