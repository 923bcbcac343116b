/** @file Every figure of speed, size and memory that the engine must reach, beside PyTorch and transformers on this machine, in turns: `--only NAME,NAME` picks parts, `--rounds 3` is quicker than the usual 7. All of it takes 20 to 30 minutes. */
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureAccumulation } from "./peers/accumulation.ts";
import { measureFirstScore } from "./peers/firstScore.ts";
import { int8Rows } from "./peers/int8Rows.ts";
import { measureMemory } from "./peers/memory.ts";
import { type Peer, startPeer } from "./peers/peer.ts";
import { json, type Row, type Surroundings, table } from "./peers/report.ts";
import { measureScoring } from "./peers/scoring.ts";
import { measureTraining } from "./peers/training.ts";

interface Part {
  readonly needsPeer: boolean;
  measure(around: Surroundings, peer: Peer | null): Promise<Row[]>;
}

/** The parts in the order in which they run. The memory part is first, because it needs memory that the others keep. */
const PARTS: Readonly<Record<string, Part>> = {
  memory: { needsPeer: false, measure: measureMemory },
  training: { needsPeer: true, measure: measureTraining },
  scoring: { needsPeer: true, measure: measureScoring },
  int8: { needsPeer: false, measure: int8Rows },
  accumulation: { needsPeer: false, measure: measureAccumulation },
  firstScore: { needsPeer: false, measure: measureFirstScore },
};

const say = (what: string) => void process.stderr.write(`${what}\n`);

/** Says what is wrong with the command line, and ends the process with code 2. */
function refuse(sentence: string): never {
  say(sentence);
  process.exit(2);
}

function optionsOf(args: string[]) {
  const options = { json: { type: "boolean" }, only: { type: "string" }, rounds: { type: "string", default: "7" } } as const;
  try {
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    return refuse(`${(error as Error).message.split(". ")[0]}. There are --json, --only NAME,NAME and --rounds N.`);
  }
}

/** The names of the parts that `--only` lists, or of all parts. */
function chosen(only: string | undefined): string[] {
  const all = Object.keys(PARTS);
  const list = only?.split(",") ?? all;
  const unknown = list.filter((name) => !all.includes(name));
  if (unknown.length > 0) refuse(`There is no part "${unknown.join()}". There are: ${all.join(", ")}.`);
  return all.filter((name) => list.includes(name));
}

async function openPeer(threads: number): Promise<Peer | null> {
  const peer = await startPeer(threads);
  if (typeof peer !== "string") return peer;
  say(peer);
  return null;
}

const options = optionsOf(process.argv.slice(2));
const names = chosen(options.only);
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds must be an integer of at least 1; got ${options.rounds}.`);
const threads = availableParallelism();
let peer: Peer | null | undefined;
const rows: Row[] = [];
for (const name of names) {
  if (PARTS[name]!.needsPeer && peer === undefined) peer = await openPeer(threads);
  const found = await PARTS[name]!.measure({ threads, rounds, say }, peer ?? null);
  // With several parts, each is shown as soon as it is measured. A single part is shown below.
  if (names.length > 1 && found.length > 0) say(table(found));
  rows.push(...found);
}
await peer?.close();
const machine = { cpu: cpus()[0]!.model.trim(), threads, node: process.version };
if (options.json) console.log(JSON.stringify({ machine, peer: peer?.facts ?? null, rows: json(rows) }));
else {
  console.log(table(rows));
  const theirs = peer ? `; PyTorch ${peer.facts.torch} (${peer.facts.cpu}), transformers ${peer.facts.transformers}` : "";
  console.log(`${machine.cpu}, ${threads} threads, Node ${machine.node}${theirs}`);
}
