/** @file Every figure of speed, size and memory that the engine must reach, beside PyTorch and transformers on this machine, in turns: `--only scoring int8` picks figures, `--rounds 3` is quicker than the usual 7, `--json`. All of it takes 20 to 30 minutes. */
import { availableParallelism, cpus } from "node:os";
import { fieldOf, itemAt } from "../packages/errors/src/index.ts";
import { benchOptions, chosenOf, wholeNumber } from "./options/options.ts";
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

async function openPeer(threads: number): Promise<Peer | null> {
  const peer = await startPeer(threads);
  if (typeof peer !== "string") return peer;
  say(peer);
  return null;
}

const options = benchOptions({
  only: { type: "string", multiple: true },
  rounds: { type: "string", default: "7" },
  json: { type: "boolean", default: false },
});
const names = chosenOf("only", options.only, Object.keys(PARTS));
const rounds = wholeNumber("rounds", options.rounds);
const threads = availableParallelism();
let peer: Peer | null | undefined;
const rows: Row[] = [];
for (const name of names) {
  if (fieldOf(PARTS, name).needsPeer && peer === undefined) peer = await openPeer(threads);
  const found = await fieldOf(PARTS, name).measure({ threads, rounds, say }, peer ?? null);
  // With several parts, each is shown as soon as it is measured. A single part is shown below.
  if (names.length > 1 && found.length > 0) say(table(found));
  rows.push(...found);
}
await peer?.close();
const machine = { cpu: itemAt(cpus(), 0).model.trim(), threads, node: process.version };
if (options.json) console.log(JSON.stringify({ machine, peer: peer?.facts ?? null, rows: json(rows) }));
else {
  console.log(table(rows));
  const theirs = peer ? `; PyTorch ${peer.facts.torch} (${peer.facts.cpu}), transformers ${peer.facts.transformers}` : "";
  console.log(`${machine.cpu}, ${threads} threads, Node ${machine.node}${theirs}`);
}
