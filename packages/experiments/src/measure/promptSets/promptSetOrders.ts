/** @file How each judge orders the configurations of text-to-image models on one set of prompts. */
import { setImmediate } from "node:timers/promises";
import { randomFor } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import { type Features, frechetDistanceTo, frechetInfluenceTo } from "@pickapic/evaluation";
import type { ImageScore } from "@pickapic/pickscore";
import { sideBySide } from "../../sideBySide.ts";
import type { JudgeFailure } from "../pairs.ts";
import { drawPrompts, type Order, orderOf, sharesOfScores, type WinShares } from "../winShares.ts";
import type { PromptSet, PromptSetEffects, PromptSetSettings } from "./promptSet.ts";

/** Prompts worked on at the same time: while the images of one are judged, those of the next are read or drawn. */
const AT_ONCE = 2;

/** The name of the judge that is no scorer. */
export const FRECHET = "Fréchet distance";

/** The orders of the configurations on one set, and the number of its prompts that they were computed from. */
export interface SetOrders {
  /** People first, if they were asked, then the scorers, then the Fréchet distance; none when no prompt is left. */
  readonly orders: Order[];
  /** Prompts whose images all have a score from every judge; the others are left out for all. */
  readonly prompts: number;
}

/** Called once for each image without a score. It may throw to end the work. */
export interface OrderEffects extends PromptSetEffects {
  onFailure: (failure: JudgeFailure) => void;
}

/** Orders the configurations by every judge, on the prompts of a set. @param real features of the real images; null leaves the Fréchet distance out */
export async function ordersOf(
  set: PromptSet,
  settings: PromptSetSettings,
  real: Features | null,
  { signal, onProgress, onFailure }: OrderEffects,
): Promise<SetOrders> {
  const total = set.prompts.length;
  const judged = await sideBySide(set.prompts.keys(), (i) => judgePrompt(set, i, settings, onFailure), {
    atOnce: AT_ONCE,
    signal,
    onDone: (done) => onProgress({ done, total, unit: "prompts" }),
  });
  const whole = judged.filter((prompt) => prompt !== null);
  if (whole.length === 0) return { orders: [], prompts: 0 };
  const draws = drawPrompts(whole.length, settings.draws, randomFor("bootstrap", settings.seed));
  const orders = settings.judges.map(({ name }, j) => {
    const shares = whole.map((prompt) => itemAt(prompt.shares, j));
    return orderOf(name, shares, draws);
  });
  if (set.people) {
    const people = set.people.filter((_, i) => itemAt(judged, i) !== null);
    orders.unshift(orderOf("people", people, draws));
  }
  if (real) {
    const features = whole.flatMap((prompt) => prompt.features ?? []);
    orders.push(await frechetOrder(features, real, settings.real?.intervals ? draws : [], { signal, onProgress }));
  }
  return { orders, prompts: whole.length };
}

/** What is known of the images of one prompt. */
interface JudgedPrompt {
  /** In the order of the judges. */
  readonly shares: readonly WinShares[];
  /** [configurations, width]; null when the Fréchet distance is left out. */
  readonly features: Features | null;
}

/** Lets all judges look at the images of a prompt at the same time, because each of them has few threads; null when an image has no score. */
async function judgePrompt(
  set: PromptSet,
  i: number,
  { judges, real, configurations }: PromptSetSettings,
  onFailure: OrderEffects["onFailure"],
): Promise<JudgedPrompt | null> {
  const images = await set.images(i);
  const features = real?.reader.read(images);
  // An image that no scorer can read has no features either: its prompt is left out before they are asked for.
  features?.catch(() => {});
  const scores = await Promise.all(
    judges.map(async ({ name, scorer, threshold }) => {
      const prompt = itemAt(set.prompts, i);
      const results = await scorer.scorePairs(images.map((image) => ({ prompt, image })));
      const found = results.map((result, k) => {
        const uid = typeof images[k] === "string" ? images[k] : itemAt(configurations, k);
        return scoreOf(result, { judge: name, caption: prompt, uid }, onFailure);
      });
      return found.every((score) => score !== null) ? sharesOfScores(found, threshold) : null;
    }),
  );
  const shares = scores.filter((share) => share !== null);
  return shares.length < judges.length ? null : { shares, features: (await features) ?? null };
}

function scoreOf(result: ImageScore, image: Omit<JudgeFailure, "reason">, onFailure: OrderEffects["onFailure"]): number | null {
  if ("score" in result && Number.isFinite(result.score)) return result.score;
  const reason = "score" in result ? `${image.judge} gave no score: the score is ${result.score}.` : result.message;
  onFailure({ ...image, reason });
  return null;
}

/**
 * The order by minus the Fréchet distance of each configuration's images to the real ones. The value of a draw is the distance plus the mean influence of the
 * drawn prompts. @param features one for each prompt, [configurations, width]
 */
async function frechetOrder(
  features: readonly Features[],
  real: Features,
  draws: readonly (readonly number[])[],
  { signal, onProgress }: PromptSetEffects,
): Promise<Order> {
  const measured = draws.length > 0 ? await frechetInfluenceTo(real) : await withoutInfluence(real);
  const total = itemAt(features, 0).count;
  const values: number[] = [];
  const drawn = draws.map((): number[] => []);
  for (let i = 0; i < total; i++) {
    const { distance, influence } = await measured(rowsOf(features, i));
    values.push(-distance);
    for (const [d, prompts] of draws.entries()) {
      const moved = prompts.reduce((sum, prompt) => sum + itemAt(influence, prompt), 0) / prompts.length;
      drawn[d]?.push(-(distance + moved));
    }
    onProgress({ done: i + 1, total, unit: "distances" });
    await setImmediate(); // A distance blocks the event loop. Between two of them, Ctrl-C is noticed.
    signal.throwIfAborted();
  }
  return { name: FRECHET, values, drawn };
}

async function withoutInfluence(
  real: Features,
): Promise<(images: Features) => Promise<{ distance: number; influence: number[] }>> {
  const distance = await frechetDistanceTo(real);
  return async (images) => ({ distance: await distance(images), influence: [] });
}

/** The features of one configuration's images of all prompts. */
function rowsOf(features: readonly Features[], configuration: number): Features {
  const { width } = itemAt(features, 0);
  const values = new Float32Array(features.length * width);
  for (const [row, prompt] of features.entries()) {
    const from = configuration * width;
    values.set(prompt.values.subarray(from, from + width), row * width);
  }
  return { values, count: features.length, width };
}
