/** @file Images and training steps per second of ViT-B/32 and ViT-H/14 on a card, in turns with PyTorch on the same card; `--device cpu` tries the figure itself, `--models vit-b-32` measures one model, `--json`. */
import { availableParallelism, cpus } from "node:os";
import { openEncoder } from "../packages/clip/src/index.ts";
import { itemAt } from "../packages/errors/src/index.ts";
import { type ChosenDevice, chooseDevice, fastestPrecision, type RealDevice } from "../packages/graph/src/index.ts";
import { openDeviceStepper } from "../packages/pickscore/src/steps/deviceStepper.ts";
import type { Stepper } from "../packages/pickscore/src/steps/stepper.ts";
import { benchOptions, chosenOf } from "./options/options.ts";
import { inTurns, seconds, spreadOf, type Timed } from "./peers/measure.ts";
import { type ModelName, modelOf } from "./peers/models.ts";
import { ADAM_W, drawPairs, LEARNING_RATE, LENGTHS, openTrainee, PAIRS, type Trainee } from "./peers/pairBatch.ts";
import { type Peer, startPeer } from "./peers/peer.ts";
import { openTheirs } from "./peers/training.ts";

const options = benchOptions({
  device: { type: "string", default: "auto" },
  models: { type: "string", multiple: true },
  json: { type: "boolean", default: false },
});
const MODELS: readonly ModelName[] = ["vit-b-32", "vit-h-14"];
const ROUNDS = 7;
/** Pictures per call. */
const IMAGES = 32;
/** Steps per measurement. */
const STEPS = 8;

type Precision = "float32" | "float16";

interface Row {
  readonly what: string;
  readonly model: ModelName;
  readonly precision: Precision;
  /** Median rates per second over the rounds. `pytorch` is null when PyTorch does not run on the same card. */
  readonly ours: number;
  readonly pytorch: number | null;
}

const say = (what: string) => void process.stderr.write(`${what}\n`);

/** The card that `--device` names, or the fastest one. Without a card, it says so and ends the process. */
async function cardOf(): Promise<ChosenDevice> {
  const wanted = options.device;
  const chosen = await chooseDevice(wanted as RealDevice | "auto").catch((error: Error) => error);
  if (!(chosen instanceof Error) && (chosen.device !== "cpu" || wanted === "cpu")) return chosen;
  say(
    chosen instanceof Error
      ? chosen.message
      : `This figure needs a card, and none is faster than the processor here. ${chosen.says}`,
  );
  process.exit(1);
}

/** Opens a stepper on the card that trains all parameters. */
async function openSteps({ training }: Trainee, device: RealDevice, precision: Precision): Promise<Stepper> {
  const options = { device, precision };
  const settings = { ...ADAM_W, threads: 0 };
  return openDeviceStepper(training.state, training.trained, settings, options);
}

/** Makes a row from the times, in seconds, of `count` steps or images. */
function rowOf(row: Pick<Row, "what" | "model" | "precision">, count: number, times: Partial<Record<string, number[]>>): Row {
  const rate = (list: number[] | undefined) => (list ? count / spreadOf(list).median : null);
  return { ...row, ours: rate(times.ours)!, pytorch: rate(times.theirs) };
}

async function measureSteps(model: ModelName, device: RealDevice, precision: Precision, peer: Peer | null): Promise<Row> {
  const trainee = await openTrainee(await modelOf(model, say));
  const pairs = drawPairs(LENGTHS.full);
  const stepper = await openSteps(trainee, device, precision);
  const [batch] = trainee.batches(pairs, PAIRS);
  const ours: Timed = () =>
    seconds(async () => {
      for (let i = 0; i < STEPS; i++) await stepper.step([trainee.feed(batch!, { packed: false })], LEARNING_RATE);
    });
  const opened = peer && (await openTheirs(peer, trainee, pairs, { card: peer.facts.card, precision }));
  const theirs: Timed | null =
    opened &&
    (async () => {
      let sum = 0;
      for (let i = 0; i < STEPS; i++) sum += await opened.sides.fused();
      return sum;
    });
  const times = await inTurns<string>({ ours, ...(theirs && { theirs }) }, ROUNDS);
  await stepper.close();
  await opened?.close();
  return rowOf({ what: `training steps of ${PAIRS} pairs`, model, precision }, STEPS, times);
}

async function measureImages(model: ModelName, device: RealDevice, peer: Peer | null): Promise<Row> {
  const { checkpoint } = await openTrainee(await modelOf(model, say));
  const side = checkpoint.config.vision.imageSize;
  const encoder = await openEncoder(checkpoint, { device });
  const pixels = Array.from({ length: IMAGES }, () => new Float32Array(3 * side ** 2));
  const ours: Timed = () => seconds(() => encoder.embedImages(pixels));
  await peer?.ask({
    do: "open",
    name: "images",
    kind: "embedding",
    model: checkpoint.folder,
    count: IMAGES,
    side,
    card: peer.facts.card,
  });
  const theirs: Timed | null =
    peer && (async () => (await peer.ask<{ seconds: number }>({ do: "step", name: "images" })).seconds);
  const times = await inTurns<string>({ ours, ...(theirs && { theirs }) }, ROUNDS);
  await encoder.close();
  await peer?.ask({ do: "close", name: "images" });
  return rowOf({ what: `images, ${IMAGES} at a time`, model, precision: "float32" }, IMAGES, times);
}

/** Starts PyTorch; null when it does not compute on a card as well, because then the two could not be compared. */
async function peerOn(device: RealDevice): Promise<Peer | null> {
  const peer = await startPeer(availableParallelism());
  if (typeof peer === "string") {
    say(peer);
    return null;
  }
  if ((peer.facts.card === "cpu") === (device === "cpu")) return peer;
  say(`No peer: this PyTorch computes on ${peer.facts.card}, which is not the card of ${device}.`);
  await peer.close();
  return null;
}

function print(rows: readonly Row[]): void {
  const cell = (n: number | null) => (n === null ? "-" : n.toPrecision(3)).padStart(10);
  console.log(
    `${"per second".padEnd(28)}${"model".padEnd(10)}${"precision".padEnd(10)}${"ours".padStart(10)}${"PyTorch".padStart(10)}${"ratio".padStart(10)}`,
  );
  for (const { what, model, precision, ours, pytorch } of rows)
    console.log(
      `${what.padEnd(28)}${model.padEnd(10)}${precision.padEnd(10)}${cell(ours)}${cell(pytorch)}${cell(pytorch && ours / pytorch)}`,
    );
}

const { device, says } = await cardOf();
say(says);
const peer = await peerOn(device);
const fastest = await fastestPrecision(device);
const models = chosenOf("models", options.models, MODELS);
const rows: Row[] = [];
for (const model of models) {
  rows.push(await measureImages(model, device, peer));
  // On cuda no tensors stay on the device between runs, so there are no training steps.
  const precisions = device === "cuda" ? [] : new Set<Precision>(["float32", fastest]);
  for (const precision of precisions) rows.push(await measureSteps(model, device, precision, peer));
}
await peer?.close();
const machine = { device, cpu: itemAt(cpus(), 0).model.trim(), node: process.version };
if (options.json) console.log(JSON.stringify({ machine, peer: peer?.facts ?? null, rows }));
else print(rows);
