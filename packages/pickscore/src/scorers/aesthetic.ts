/**
 * @file The LAION aesthetic predictor: linear layers on the image embedding of CLIP ViT-L/14. It does not read the prompt.
 * Source: github.com/LAION-AI/aesthetic-predictor (one layer) and github.com/christophschuhmann/improved-aesthetic-predictor (five).
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { strangerAmong } from "@pickapic/clip/strangers";
import { itemAt } from "@pickapic/errors";
import { PickScoreError } from "../errors.ts";
import { findModel } from "../score/models.ts";
import { openScorer } from "../score/service.ts";
import { dot } from "../score/vectors.ts";
import { checkpointIdentity } from "./clip.ts";
import { after, type ScorerKind } from "./kind.ts";
import { methodsOf, type Scorer } from "./scorer.ts";

/** The CLIP that LAION's heads were trained on, taken when the folder has none. */
const USUAL_CLIP = "openai/clip-vit-large-patch14";

/** A folder with the head as safetensors and, if it is not that of the hub, its CLIP. */
export const aestheticKind: ScorerKind = {
  usesCores: true,
  argumentOf: (name) => (name === "aesthetic" ? "" : after("aesthetic:")(name)),
  async open(folder, options) {
    const file = await headFile(folder);
    const clip = await findModel(clipOf(folder));
    const { openCheckpoint } = await import("@pickapic/clip");
    const { config } = await openCheckpoint(clip.folder, { processorFolder: clip.processorFolder });
    const head = await readHead(file, config.projectionDim);
    const model = await openScorer(clip.folder, { ...options, processor: options.processor ?? clip.processorFolder });
    const scorePairs: Scorer["scorePairs"] = async (pairs) =>
      (await model.embedEach(pairs.map(({ image }) => image))).map((embedding) =>
        "code" in embedding ? embedding : { score: head.bias + dot(head.weights, embedding) },
      );
    return {
      name: `aesthetic:${folder}`,
      ...methodsOf(scorePairs),
      identify: async () =>
        `head sha256:${createHash("sha256")
          .update(await readFile(file))
          .digest("hex")}, CLIP ${await checkpointIdentity(clip)}`,
      close: () => model.close(),
    };
  },
};

/** The CLIP beside the head, in the folder `clip` in it, or of the hub. */
function clipOf(folder: string): string {
  return [folder, join(folder, "clip")].find((each) => existsSync(join(each, "config.json"))) ?? USUAL_CLIP;
}

async function headFile(folder: string): Promise<string> {
  const wrong = (came: string) => new PickScoreError("PICKAPIC_SCORER_NAME", `aesthetic:${folder}`, came);
  if (folder === "") throw wrong("name the folder of LAION's head (the formula over pixels is called colour-sharpness)");
  const names = await readdir(folder).catch(() => {
    throw wrong(`there is no folder ${folder}`);
  });
  const heads = names.filter((name) => name.endsWith(".safetensors") && !/^model[.-]/.test(name));
  const [only, another] = heads.includes("head.safetensors") ? ["head.safetensors"] : heads;
  if (only === undefined) throw wrong(`expected head.safetensors in it; there is none${strangerAmong(names)}`);
  if (another !== undefined)
    throw wrong(`expected one head in it; got ${only} and ${another}: call one of them head.safetensors`);
  return join(folder, only);
}

/** A linear function of an embedding: bias + weights · embedding. */
export interface LinearHead {
  readonly weights: Float32Array;
  readonly bias: number;
}

/** A linear layer as PyTorch stores it: weights [out, in], row by row, and a bias [out]. */
interface Layer {
  readonly name: string;
  readonly out: number;
  readonly in: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/**
 * Reads a head and multiplies its layers into one, which is exact because there is nothing between them but dropout, which does
 * nothing after training.
 * @param width length of an embedding
 * @throws {PickScoreError} PICKAPIC_SCORER_HEAD when the layers do not lead from an embedding to one number
 */
export async function readHead(file: string, width: number): Promise<LinearHead> {
  const layers = await readLayers(file);
  const wrong = (came: string) => new PickScoreError("PICKAPIC_SCORER_HEAD", file, width, came);
  let [weights, bias] = [Float64Array.of(1), 0];
  for (const layer of layers.toReversed()) {
    if (layer.out !== weights.length)
      throw wrong(`layer ${layer.name} gives ${layer.out} numbers where ${weights.length} are taken`);
    bias += sumOver(layer.out, (o) => itemAt(weights, o) * itemAt(layer.bias, o));
    const next = weights;
    weights = Float64Array.from({ length: layer.in }, (_, i) =>
      sumOver(layer.out, (o) => itemAt(next, o) * itemAt(layer.weights, o * layer.in + i)),
    );
  }
  if (layers.length === 0 || weights.length !== width)
    throw wrong(`it takes ${layers.length === 0 ? "nothing" : weights.length}`);
  return { weights: Float32Array.from(weights), bias };
}

async function readLayers(file: string): Promise<Layer[]> {
  const { listTensors, readTensors } = await import("@pickapic/clip");
  const tensors = await listTensors(file);
  const values = await readTensors(tensors);
  const layers = [...tensors].flatMap(([name, { shape }]): Layer[] => {
    const [out, into] = shape;
    const weights = values.get(name);
    const bias = values.get(name.replace(/weight$/, "bias"));
    if (!name.endsWith("weight") || !weights || !bias || out === undefined || into === undefined) return [];
    return [{ name, out, in: into, weights, bias }];
  });
  return layers.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

function sumOver(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
}
