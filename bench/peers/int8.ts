/** @file Compares int8 with float32 weights: the size of the file, the speed of ViT-B/32, and how often two pictures keep their order. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { mulberry32 } from "../../packages/chance/src/index.ts";
import { convertCheckpoint, type Encoder, openCheckpoint, openEncoder, openPreparer } from "../../packages/clip/src/index.ts";
import { itemAt } from "../../packages/errors/src/index.ts";
import { drawRequest, parsePrompt } from "../../packages/generation/src/index.ts";
import { modelFolder } from "../../packages/pickscore/src/index.ts";
import { renderImage, sampleCaption, toyBackend } from "../../packages/toyworld/src/index.ts";
import { inTurns, ratioOf, type Spread, seconds } from "./measure.ts";
import { CACHE, modelOf } from "./models.ts";

/** Pictures per call. */
const PICTURES = 16;
const ROUNDS = 9;
const PAIRS = 2000;
/** Side of the pictures of pickscore-toy, px. */
const TOY_SIDE = 96;
const SEED = 20231105;

export interface Int8Measures {
  /** Size of the int8 weights divided by that of the float32 weights. */
  readonly size: number;
  /** Speed of embedding pictures with int8 divided by that with float32. */
  readonly speed: Spread;
  /** Share 0...1 of the pairs in which both prefer the same picture. */
  readonly sameOrder: number;
  readonly pairs: number;
}

export async function measureInt8(say: (what: string) => void): Promise<Int8Measures> {
  const folder = await modelOf("vit-b-32", say);
  const quantized = await int8Of(folder, "vit-b-32-int8", say);
  const bytes = async (folder: string) => (await stat(join(folder, "model.safetensors"))).size;
  const size = (await bytes(quantized)) / (await bytes(folder));
  const speed = await measureSpeed(folder, quantized, say);
  const sameOrder = await measureOrder(say);
  return { size, speed, sameOrder, pairs: PAIRS };
}

/** Writes a model with int8 weights, every time again, because the model or the rounding may have changed. @returns its folder */
async function int8Of(folder: string, name: string, say: (what: string) => void): Promise<string> {
  const out = join(CACHE, name);
  say(`writing ${name}`);
  await convertCheckpoint(await openCheckpoint(folder), out, "int8");
  return out;
}

async function measureSpeed(folder: string, quantized: string, say: (what: string) => void): Promise<Spread> {
  say(`embedding ${PICTURES} pictures ${ROUNDS} times in turns`);
  const checkpoint = await openCheckpoint(folder);
  const encoders = [await openEncoder(checkpoint), await openEncoder(await openCheckpoint(quantized))] as const;
  const random = mulberry32(SEED);
  const { imageSize } = checkpoint.config.vision;
  const pixels = Array.from({ length: PICTURES }, () =>
    Float32Array.from({ length: 3 * imageSize ** 2 }, () => 4 * random() - 2),
  );
  const [exact, rounded] = encoders.map((encoder) => () => seconds(() => encoder.embedImages(pixels)));
  const times = await inTurns({ exact: exact!, rounded: rounded! }, ROUNDS);
  for (const encoder of encoders) await encoder.close();
  return ratioOf(times.exact, times.rounded);
}

/** Share 0...1 of pairs of toy pictures of one caption that pickscore-toy orders equally with int8 and with float32 weights. */
async function measureOrder(say: (what: string) => void): Promise<number> {
  say(`scoring ${PAIRS} pairs of pickscore-toy`);
  const folder = modelFolder("pickscore-toy");
  const checkpoint = await openCheckpoint(folder);
  const encoders = [
    await openEncoder(checkpoint),
    await openEncoder(await openCheckpoint(await int8Of(folder, "pickscore-toy-int8", say))),
  ];
  const preparer = openPreparer(checkpoint.processor);
  const random = mulberry32(SEED);
  let same = 0;
  for (let done = 0; done < PAIRS; done += PICTURES) {
    const captions = Array.from({ length: Math.min(PICTURES, PAIRS - done) }, () => sampleCaption(random));
    const pictures = await Promise.all(captions.flatMap((caption) => [0, 1].map(() => draw(caption, random))));
    const pixels = (await preparer.prepare(pictures)) as Float32Array[];
    const [exact, rounded] = [
      await leads(itemAt(encoders, 0), captions, pixels),
      await leads(itemAt(encoders, 1), captions, pixels),
    ];
    same += exact.filter((lead, i) => Math.sign(lead) === Math.sign(itemAt(rounded, i))).length;
  }
  await preparer.close();
  for (const encoder of encoders) await encoder.close();
  return same / PAIRS;
}

async function draw(caption: string, random: () => number): Promise<Uint8Array> {
  const request = drawRequest(parsePrompt(caption), [toyBackend()], random);
  return (await renderImage({ ...request, width: TOY_SIDE, height: TOY_SIDE })).bytes;
}

/** For each caption, the cosine of its first picture minus that of its second. @param pixels two pictures for each caption */
async function leads(encoder: Encoder, captions: readonly string[], pixels: readonly Float32Array[]): Promise<number[]> {
  const [texts, images] = [await encoder.embedTexts(captions), await encoder.embedImages(pixels)];
  const cosine = (text: number, image: number) => {
    let sum = 0;
    for (let k = 0; k < encoder.width; k++)
      sum += itemAt(texts, text * encoder.width + k) * itemAt(images, image * encoder.width + k);
    return sum;
  };
  return captions.map((_, i) => cosine(i, 2 * i) - cosine(i, 2 * i + 1));
}
