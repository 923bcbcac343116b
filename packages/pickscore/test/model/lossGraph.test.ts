import { mulberry32 } from "@pickapic/chance";
import { Graph, openSession } from "@pickapic/graph";
import { expect, test } from "vitest";
import type { Target } from "../../src/index.ts";
import { pairLoss } from "../../src/loss.ts";
import { contrastiveLoss, pairScores, preferenceLoss } from "../../src/model/lossGraph.ts";

test("the graph of the loss is the weighted mean of the losses of its pairs, ties and extreme scores included", async () => {
  const scores: [number, number][] = [[21, 20], [20, 20], [-90, 90], [3, 3.5]]; // biome-ignore format: a table
  const targets: Target[] = [[1, 0], [0.5, 0.5], [1, 0], [0, 1]]; // biome-ignore format: a table
  const weights = [0.1, 0.2, 0.3, 0.4];
  const g = new Graph("loss");
  g.output(
    "loss",
    preferenceLoss(g, g.input("s", "float32", [4, 2]), g.input("t", "float32", [4, 2]), g.input("w", "float32", [4])),
  );
  await using session = await disposable(g);
  const feeds = { s: Float32Array.from(scores.flat()), t: Float32Array.from(targets.flat()), w: Float32Array.from(weights) };
  const { loss } = await session.run(feeds);
  expect(Number(loss![0])).toBeCloseTo(
    scores.reduce((sum, pair, i) => sum + weights[i]! * pairLoss(pair, targets[i]!), 0),
    4,
  );
});

test("scores of pairs are T times the cosine of the text and each image", async () => {
  const g = new Graph("scores");
  const place = (name: string) => g.input(name, "int64", [2]);
  const places = { text: place("text"), image0: place("image0"), image1: place("image1") };
  const [texts, images] = [g.input("texts", "float32", [1, 2]), g.input("images", "float32", [3, 2])];
  g.output("scores", pairScores(g, texts, images, g.input("t", "float32", []), places));
  await using session = await disposable(g);
  const { scores } = await session.run({
    texts: Float32Array.of(1, 0),
    images: Float32Array.of(1, 0, 0, 1, 0.6, 0.8),
    t: Float32Array.of(Math.log(100)),
    text: BigInt64Array.of(0n, 0n),
    image0: BigInt64Array.of(0n, 2n),
    image1: BigInt64Array.of(2n, 1n),
  });
  for (const [i, expected] of [100, 60, 60, 0].entries()) expect(Number(scores![i])).toBeCloseTo(expected, 3);
});

test("the contrastive loss is half of each side's cross entropy", async () => {
  const n = 3;
  const random = mulberry32(5);
  const [texts, images] = [0, 1].map(() => Float32Array.from({ length: n * 4 }, () => random() - 0.5)) as [
    Float32Array,
    Float32Array,
  ];
  const g = new Graph("contrastive");
  const rows = (name: string) => g.input(name, "float32", [n, 4]);
  g.output(
    "loss",
    contrastiveLoss(g, rows("texts"), rows("images"), g.scalar(1, "float32"), g.input("targets", "float32", [n, n])),
  );
  await using session = await disposable(g);
  const identity = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  const { loss } = await session.run({ texts, images, targets: identity });
  expect(Number(loss![0])).toBeCloseTo(plainContrastive(texts, images, n, Math.E), 5);
});

function plainContrastive(texts: Float32Array, images: Float32Array, n: number, scale: number): number {
  const logit = (i: number, t: number) =>
    scale * [0, 1, 2, 3].reduce((sum, k) => sum + images[i * 4 + k]! * texts[t * 4 + k]!, 0);
  const indices = [...Array(n).keys()];
  const cross = (own: number, others: number[]) => Math.log(others.reduce((sum, x) => sum + Math.exp(x), 0)) - own;
  const byImage = indices.map((i) => cross(logit(i, i), indices.map((t) => logit(i, t)))); // biome-ignore format: one call
  const byText = indices.map((t) => cross(logit(t, t), indices.map((i) => logit(i, t)))); // biome-ignore format: one call
  return [...byImage, ...byText].reduce((a, b) => a + b) / (2 * n);
}

async function disposable(g: Graph) {
  const session = await openSession(g, { threads: 1 });
  return Object.assign(session, { [Symbol.asyncDispose]: () => session.close() });
}
