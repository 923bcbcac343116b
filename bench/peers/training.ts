/** @file Measures a training step on all parameters of ViT-B/32 with 8 pairs, beside PyTorch's and beside the matrix product of this machine. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClipConfig, TowerConfig } from "../../packages/clip/src/index.ts";
import { itemAt } from "../../packages/errors/src/index.ts";
import { Graph, openSession } from "../../packages/graph/src/index.ts";
import type { Pair } from "../../packages/pickscore/src/data/plan.ts";
import { pixelRows } from "../../packages/pickscore/src/model/pairFeed.ts";
import { openStepper } from "../../packages/pickscore/src/steps/stepper.ts";
import { inTurns, ratioOf, seconds, type Timed } from "./measure.ts";
import { CACHE, modelOf } from "./models.ts";
import { ADAM_W, drawPairs, LEARNING_RATE, LENGTHS, openTrainee, PAIRS, type Trainee } from "./pairBatch.ts";
import type { Peer } from "./peer.ts";
import { type Row, ratioRow, type Surroundings } from "./report.ts";

/** The side of the square matrices, and the number of products per measurement, which together take about a tenth of a step. */
const MATMUL = 1024;
const BURST = 20;

export async function measureTraining({ threads, rounds, say }: Surroundings, peer: Peer | null): Promise<Row[]> {
  const trainee = await openTrainee(await modelOf("vit-b-32", say));
  const stepper = await openStepper(trainee.training.state, trainee.training.trained, { ...ADAM_W, threads });
  const losses: number[] = [];
  const stepOn = (pairs: readonly Pair[]): Timed => {
    const batch = itemAt(trainee.batches(pairs, PAIRS), 0);
    return () => seconds(async () => losses.push((await stepper.step([trainee.feed(batch)], LEARNING_RATE)).loss));
  };
  const [full, usual] = [drawPairs(LENGTHS.full), drawPairs(LENGTHS.usual)];
  const theirs = peer && (await openTheirs(peer, trainee, full));
  say(`training: ${rounds} rounds`);
  const own = { ours: stepOn(full), matmul: await openMatmuls(threads), usual: stepOn(usual) };
  const times: Times = await inTurns<string>({ ...own, ...theirs?.sides }, rounds);
  await stepper.close();
  await theirs?.close();
  if (theirs) checkLosses(itemAt(losses, 0), theirs.firstLoss());
  return [...rowsBeside(times, trainee, usual), rowOfRate(times, trainee, full)];
}

type Times = Partial<Record<string, number[]>>;

function rowsBeside({ ours, usual, plain, fused }: Times, trainee: Trainee, usualPairs: readonly Pair[]): Row[] {
  if (!ours || !usual || !plain || !fused) return [];
  const { lengths } = trainee.texts(itemAt(trainee.batches(usualPairs, PAIRS), 0));
  const tokens = `${Math.min(...lengths)} to ${Math.max(...lengths)}`;
  const what = "training step, ViT-B/32, 8 pairs, texts of";
  return [
    ratioRow("training", `${what} 77 tokens / PyTorch`, ratioOf(plain, ours), 1.1),
    ratioRow("trainingFused", `${what} 77 tokens / PyTorch, AdamW(fused=True)`, ratioOf(fused, ours), null),
    ratioRow("trainingUsual", `${what} ${tokens} tokens, padded to 77 there / PyTorch`, ratioOf(plain, usual), 1.1),
    ratioRow("trainingUsualFused", `${what} ${tokens} tokens / PyTorch, fused`, ratioOf(fused, usual), null),
  ];
}

/** The rate of operations of a step, divided by that of matrix products alone. */
function rowOfRate({ ours, matmul }: Times, { checkpoint }: Trainee, pairs: readonly Pair[]): Row {
  const products = BURST * 2 * MATMUL ** 3;
  const flops = stepFlops(checkpoint.config, pairs.length);
  const ratio = ratioOf(
    matmul!.map((time) => (time * flops) / products),
    ours!,
  );
  const { median } = ratioOf(
    ours!.map(() => flops / 1e9),
    ours!,
  );
  return ratioRow("trainingRate", "GFLOP/s of the step / of 1024 x 1024 products", ratio, 0.75, `${median.toFixed(0)} GFLOP/s`);
}

/**
 * Floating-point operations of a step on full texts: 2mnk for each matrix product of the forward pass, and twice that for the backward pass. In the last layer only one
 * row of each sequence has a query, and only that row is counted. Other products of the towers, and operations that are not products, are left out.
 */
function stepFlops({ text, vision }: ClipConfig, pairs: number): number {
  const tokens = (vision.imageSize / vision.patchSize) ** 2 + 1;
  return 3 * (towerFlops(text, pairs, text.maxPositions) + towerFlops(vision, 2 * pairs, tokens));
}

function towerFlops({ layers, hiddenSize, intermediateSize }: TowerConfig, sequences: number, tokens: number): number {
  const rows = sequences * tokens;
  const keysAndValues = 2 * rows * 2 * hiddenSize ** 2;
  const others = (asking: number) =>
    2 * asking * (2 * hiddenSize ** 2 + 2 * hiddenSize * intermediateSize) + 2 * 2 * asking * tokens * hiddenSize;
  return layers * keysAndValues + (layers - 1) * others(rows) + others(sequences);
}

async function openMatmuls(threads: number): Promise<Timed> {
  const g = new Graph("matmul");
  const shape = [MATMUL, MATMUL];
  g.output("y", g.matmul(g.input("a", "float32", shape), g.input("b", "float32", shape)));
  const session = await openSession(g, { threads });
  const matrixOf = (value: number) => new Float32Array(MATMUL ** 2).fill(value);
  const [a, b, y] = [matrixOf(1), matrixOf(2), matrixOf(0)];
  return () =>
    seconds(async () => {
      for (let i = 0; i < BURST; i++) await session.run({ a, b }, { y });
    });
}

/** Gives PyTorch the same weights and the same batch. @param execution its device and precision; by default its CPU in float32 */
export async function openTheirs(
  peer: Peer,
  trainee: Trainee,
  pairs: readonly Pair[],
  execution: { card?: string; precision?: "float32" | "float16" } = {},
) {
  const { checkpoint, training, pixels } = trainee;
  const batch = itemAt(trainee.batches(pairs, PAIRS), 0);
  const file = join(CACHE, "pixels.part");
  await mkdir(CACHE, { recursive: true });
  await writeFile(file, pixelRows(training.model, batch.images, batch.images.length, pixels));
  const { texts: _texts, images, ...indices } = batch;
  const size = [checkpoint.config.vision.imageSize, checkpoint.config.vision.imageSize];
  const settings = { rate: LEARNING_RATE, decay: ADAM_W.weightDecay, clip: ADAM_W.clipNorm };
  const contents = { ...indices, ids: trainee.texts(batch).ids, images, size };
  await peer.ask({
    do: "open",
    name: "step",
    kind: "training",
    model: checkpoint.folder,
    pixels: file,
    batch: contents,
    ...settings,
    ...execution,
  });
  await rm(file);
  const losses: number[] = [];
  const stepWith =
    (optimizer: string): Timed =>
    async () => {
      const { seconds: time, loss } = await peer.ask<{ seconds: number; loss: number }>({ do: "step", name: "step", optimizer });
      losses.push(loss);
      return time;
    };
  return {
    sides: { plain: stepWith("plain"), fused: stepWith("fused") },
    firstLoss: () => itemAt(losses, 0),
    close: () => peer.ask({ do: "close", name: "step" }),
  };
}

/** Checks that both sides compute the same loss; otherwise their speed cannot be compared. @throws Error when they differ */
function checkLosses(ours: number, theirs: number): void {
  if (Math.abs(ours / theirs - 1) > 1e-3)
    throw new Error(`training: the first loss must be that of PyTorch, ${theirs}; ours is ${ours}`);
}
