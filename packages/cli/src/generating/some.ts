/** @file Generates pictures as they are asked for, without a scorer: each is written as it comes. */
import type { Backend, BackendModel, Offer, ParsedPrompt } from "@pickapic/generation";
import { type Context, note } from "../context.ts";
import { showProgress } from "../progress.ts";
import { writePicture } from "./files.ts";
import type { PictureRecord } from "./record.ts";

/** What is generated, and where it goes. */
export interface GeneratingTask {
  prompt: ParsedPrompt;
  backends: readonly Backend[];
  /** Name of the model; undefined: drawn for each picture. */
  model: string | undefined;
  /** Undefined: drawn for each picture from the model's range. */
  guidanceScale: number | undefined;
  random: () => number;
  /** The folder for the pictures. */
  out: string;
  context: Context;
}

/**
 * Generates and writes `total` pictures one after another.
 * @throws GenerationError PICKAPIC_MODEL_UNKNOWN, PICKAPIC_GUIDANCE_*, PICKAPIC_MODEL_LIMIT before a picture is made
 */
export async function generateSome(total: number, task: GeneratingTask): Promise<PictureRecord[]> {
  const { drawImage, findOffer, GenerationError } = await import("@pickapic/generation");
  const { prompt, backends, model, guidanceScale, random, out, context } = task;
  const offered = model === undefined ? backends : [only(findOffer(backends, model))];
  await refuse(total, offered, guidanceScale);
  const written: PictureRecord[] = [];
  const isClosed = (name: string) => made(written, name) >= limitOf(findOffer(offered, name).model);
  const view = showProgress(context, "generating");
  try {
    while (written.length < total) {
      const drawn = drawImage(prompt, offered, random, { isClosed })?.request;
      if (!drawn) throw new GenerationError("PICKAPIC_MODELS_NONE");
      const request = { ...drawn, guidanceScale: drawn.guidanceScale === null ? null : (guidanceScale ?? drawn.guidanceScale) };
      const { backend } = findOffer(offered, request.model);
      const started = context.now();
      const image = await backend.generate(request, { signal: context.signal });
      const finished = { prompt, backend, template: null, request, image, generationMs: context.now() - started, judged: null };
      written.push(await writePicture(out, written.length + 1, finished));
      view.update({ done: written.length, total, unit: "pictures" });
    }
    return written;
  } catch (error) {
    if (written.length > 0) note(context, `${written.length} of ${total} pictures were made before that: they are in ${out}.`);
    throw error;
  } finally {
    view.stop();
  }
}

const made = (written: readonly PictureRecord[], name: string): number => written.filter(({ model }) => model === name).length;

const limitOf = ({ perDay }: BackendModel): number => perDay?.images ?? Number.POSITIVE_INFINITY;

/** Refuses what the models cannot make, before a picture is paid for. A guidance scale may be left out by some of several models. */
async function refuse(total: number, offered: readonly Backend[], guidanceScale: number | undefined): Promise<void> {
  const { checkGuidance, GenerationError, offers } = await import("@pickapic/generation");
  const models = offers(offered).flatMap(({ model }) => ((model.weight ?? 1) > 0 ? [model] : []));
  if (guidanceScale !== undefined)
    for (const model of models) if (model.guidance !== null || models.length === 1) checkGuidance(model, guidanceScale);
  if (models.length > 0 && models.reduce((sum, model) => sum + limitOf(model), 0) < total) {
    const reasons = models.map(({ perDay }) => perDay?.reason ?? "");
    throw new GenerationError("PICKAPIC_MODEL_LIMIT", models.map(({ name }) => name).join('", "'), reasons.join("; "), total);
  }
}

/** A backend that offers one of its models alone, even one that is otherwise never drawn. */
function only({ backend, model: found }: Offer): Backend {
  const model = { ...found, weight: 1 };
  return { name: backend.name, models: [model], simulated: backend.simulated, generate: backend.generate.bind(backend) };
}
