/** @file Has a backend make the picture of one image, as it is stored: the only one that is made, or for a ranked entry the best of n. */
import { findOffer } from "@pickapic/generation";
import { type Judge, JudgeError } from "@pickapic/judge";
import { type PromptedImage, requestOf } from "../images/request.ts";
import { asideOf, claimImages } from "./limits.ts";
import { encoded, generateWithin, type MadePicture, type MakeEffects } from "./one.ts";
import { makeRanked } from "./ranked.ts";

/** Who asks the judge: all images of the best-of-n page take one turn among its callers. */
const CALLER = "best-of-n page";

/**
 * Makes the picture of an image. What it costs of a limit per day is counted before the backend is asked.
 * @throws GenerationError of the backend; for a ranked entry, that of the last of n images that all failed; ServerError PICKAPIC_MODEL_SPENT, PICKAPIC_RANKED_*
 */
export async function makePicture(taken: PromptedImage, effects: MakeEffects, signal: AbortSignal): Promise<MadePicture> {
  const { backend, model } = findOffer(effects.settings.backends, taken.model);
  const { ranked } = model;
  const isAside = taken.best_of !== null;
  // A scorer that cannot be used fails the image before anything is paid for.
  const wanted = ranked ? `The ranked entry "${model.name}"` : isAside ? "The best-of-n page" : null;
  const judge = wanted === null ? null : await effects.scorers.of(wanted, ranked?.scorer);
  await claimImages(effects.db, isAside ? asideOf(model) : model);
  const request = requestOf(taken);
  if (ranked && judge) return makeRanked(request, { backend, model, entry: ranked, judge }, effects, signal);
  const { generationTimeoutMs } = effects.settings;
  const generated = await generateWithin(generationTimeoutMs, backend, request, { signal, onProgress: effects.onProgress });
  effects.onDelivered?.();
  const made = await encoded(generated);
  return isAside && judge ? { ...made, score: await scoreOf(judge, taken.prompt, made.bytes, signal) } : made;
}

/** The score of a picture of the best-of-n page. @throws JudgeError */
async function scoreOf(judge: Judge, prompt: string, image: Uint8Array, signal: AbortSignal): Promise<number> {
  const { results, facts } = await judge.judge([{ prompt, image }], CALLER, signal);
  const [result] = results;
  if (result && "score" in result && Number.isFinite(result.score)) return result.score;
  throw new JudgeError(
    "PICKAPIC_JUDGE_SCORER_FAILED",
    facts.scorer,
    result && "code" in result ? result.message : "it gave no number",
  );
}
