import { mulberry32 } from "@pickapic/chance";
import { Graph, openSession } from "@pickapic/graph";
import { expect, test } from "vitest";
import { type MicroBatch, microBatches } from "../../src/data/plan.ts";
import { pairLoss, type Target } from "../../src/loss.ts";
import { inBatchLoss, negativeInputs } from "../../src/model/negatives.ts";

const SCALE = 3;
const pair = (caption: string, image0: string, image1: string, target: Target) => ({
  ...{ caption, image0, image1, target },
  examplesPerPrompt: 1,
});

/** Unit rows [n, 3]. */
function unitRows(n: number, seed: number): number[][] {
  const random = mulberry32(seed);
  return Array.from({ length: n }, () => {
    const row = [0, 1, 2].map(() => random() - 0.5);
    const norm = Math.hypot(...row);
    return row.map((value) => value / norm);
  });
}

/** The loss by the graph, with one padding row of texts and of images. */
async function byGraph(batch: MicroBatch, texts: number[][], images: number[][]): Promise<number> {
  const rows = { texts: texts.length, images: images.length, pairs: batch.text.length };
  const g = new Graph("in batch");
  const indices = (name: string) => g.input(name, "int64", [rows.pairs]);
  const targets = g.input("targets", "float32", [rows.pairs, 2]);
  const weights = g.input("weights", "float32", [rows.pairs]);
  const embeddings = {
    texts: g.input("texts", "float32", [rows.texts, 3]),
    images: g.input("images", "float32", [rows.images, 3]),
  };
  const pairing = { text: indices("text"), image0: indices("image0"), image1: indices("image1") };
  g.output("loss", inBatchLoss(g, embeddings, g.scalar(Math.log(SCALE), "float32"), pairing, { targets, weights }, rows));
  const session = await openSession(g, { threads: 1 });
  const { loss } = await session.run({
    ...negativeInputs(batch, rows),
    ...{ texts: Float32Array.from(texts.flat()), images: Float32Array.from(images.flat()) },
    ...{ targets: Float32Array.from(batch.targets.flat()), weights: Float32Array.from(batch.weights) },
    text: BigInt64Array.from(batch.text, BigInt),
    image0: BigInt64Array.from(batch.image0, BigInt),
    image1: BigInt64Array.from(batch.image1, BigInt),
  });
  await session.close();
  return Number(loss?.[0]);
}

const score = (text: number[], image: number[]) => SCALE * text.reduce((sum, value, i) => sum + value * image[i]!, 0);

test("without another prompt it is half of PickScore's loss, because each image finds the only text", async () => {
  const [batch] = microBatches([pair("a", "x", "y", [1, 0]), pair("a", "y", "z", [0.5, 0.5])], 2);
  const [texts, images] = [unitRows(2, 1), unitRows(4, 2)];
  const of = (i: number, j: number) => [score(texts[0]!, images[i]!), score(texts[0]!, images[j]!)] as const;
  const plain = 0.5 * pairLoss(of(0, 1), [1, 0]) + 0.5 * pairLoss(of(1, 2), [0.5, 0.5]);
  expect(await byGraph(batch!, texts, images)).toBeCloseTo(0.5 * plain, 5);
});

test("images and texts of other prompts are candidates; other images of the same prompt and padding are none", async () => {
  const [batch] = microBatches([pair("a", "x", "y", [1, 0]), pair("a", "x", "z", [0, 1]), pair("b", "u", "v", [0.5, 0.5])], 3);
  const [texts, images] = [unitRows(3, 3), unitRows(6, 4)];
  const [X, Y, Z, U, V] = ["x", "y", "z", "u", "v"].map((name) => batch!.images.indexOf(name)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const cross = (own: number, all: number[]) => Math.log(all.reduce((sum, each) => sum + Math.exp(each), 0)) - own;
  const ofText = (t: number, i: number, among: number[]) =>
    cross(score(texts[t]!, images[i]!), among.map((each) => score(texts[t]!, images[each]!))); // biome-ignore format: one call
  const ofImage = (i: number, t: number) => cross(score(texts[t]!, images[i]!), [0, 1].map((each) => score(texts[each]!, images[i]!))); // biome-ignore format: one call
  const losses = [
    ofText(0, X, [X, Y, U, V]) + ofImage(X, 0),
    ofText(0, Z, [X, Z, U, V]) + ofImage(Z, 0),
    (ofText(1, U, [U, V, X, Y, Z]) + ofText(1, V, [U, V, X, Y, Z])) / 2 + Math.log(0.5) + (ofImage(U, 1) + ofImage(V, 1)) / 2,
  ];
  const expected = losses.reduce((sum, loss) => sum + loss, 0) / 3 / 2;
  expect(await byGraph(batch!, texts, images)).toBeCloseTo(expected, 5);
});
