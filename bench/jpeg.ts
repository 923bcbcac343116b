/** @file What storing a picture as a JPEG costs: bytes, and how far the score and the choice of a pair move, by quality. `--pairs 100`, `--json`. */
import { seededRandom } from "@pickapic/chance";
import { drawRequest, parsePrompt } from "@pickapic/generation";
import { loadScorer, type Scorer } from "@pickapic/pickscore";
import { encodeJpeg } from "@pickapic/pictures";
import { renderPixels, sampleCaption, toyBackend } from "@pickapic/toyworld";
import sharp from "sharp";
import { itemAt } from "../packages/errors/src/index.ts";
import { benchOptions, wholeNumber } from "./options/options.ts";

const options = benchOptions({ pairs: { type: "string", default: "100" }, json: { type: "boolean", default: false } });
const PAIRS = wholeNumber("pairs", options.pairs);
const QUALITIES = [80, 85, 90, 92, 95, 98];
const MODELS = ["pickscore-toy", "clip-toy"];
const random = seededRandom(20261127);

/** A prompt and two pictures of 512 px as the generator made them, before any compression. */
interface Pair {
  readonly prompt: string;
  readonly pixels: readonly { width: number; height: number; data: Uint8Array }[];
}

async function drawPair(): Promise<Pair> {
  const prompt = sampleCaption(random);
  const requests = [0, 1].map(() => drawRequest(parsePrompt(prompt), [toyBackend()], random));
  return { prompt, pixels: await Promise.all(requests.map((request) => renderPixels(request))) };
}

const png = ({ width, height, data }: Pair["pixels"][number]) =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();

async function scoresOf(scorer: Scorer, pairs: readonly Pair[], encode: (pixels: Pair["pixels"][number]) => Promise<Uint8Array>) {
  const scores: number[] = [];
  let bytes = 0;
  for (const { prompt, pixels } of pairs) {
    const files = await Promise.all(pixels.map(encode));
    bytes += files.reduce((sum, { length }) => sum + length, 0);
    scores.push(...(await scorer.score(prompt, files)));
  }
  return { scores, kB: bytes / files(pairs) / 1000 };
}
const files = (pairs: readonly Pair[]) => 2 * pairs.length;

/** The probability that the first picture of each pair is preferred: the logistic function of the difference of scores. */
const probabilities = (scores: readonly number[]) =>
  Array.from({ length: scores.length / 2 }, (_, i) => 1 / (1 + Math.exp(itemAt(scores, 2 * i + 1) - itemAt(scores, 2 * i))));

const differences = (a: readonly number[], b: readonly number[]) =>
  a.map((value, i) => Math.abs(value - itemAt(b, i))).sort((x, y) => x - y);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const pairs: Pair[] = [];
while (pairs.length < PAIRS) pairs.push(await drawPair());
const rows = [];
for (const model of MODELS) {
  const scorer = await loadScorer(model, { threads: 1 });
  const { scores: exact } = await scoresOf(scorer, pairs, png);
  const sure = probabilities(exact);
  for (const quality of QUALITIES) {
    const { scores, kB } = await scoresOf(scorer, pairs, (pixels) => encodeJpeg(pixels, quality));
    const moved = differences(scores, exact);
    const chances = differences(probabilities(scores), sure);
    rows.push({
      model,
      quality,
      "kB a picture": kB.toFixed(1),
      "score moves by": mean(moved).toFixed(4),
      "at most": itemAt(moved, moved.length - 1).toFixed(4),
      "probability moves by": mean(chances).toFixed(4),
      "at most ": itemAt(chances, chances.length - 1).toFixed(4),
      "winner changes": probabilities(scores).filter((p, i) => p > 0.5 !== itemAt(sure, i) > 0.5).length,
    });
  }
  await scorer.close();
}
if (options.json) console.log(JSON.stringify({ pairs: PAIRS, rows }));
else {
  console.log(`${PAIRS} pairs of 512 px of the toy world, 4:4:4, against the pixels without loss:`);
  console.table(rows);
}
