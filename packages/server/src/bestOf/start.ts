/** @file Starts and stops a best of n: orders its images, which are made after those of pairs, and takes them out of the queue. */
import { randomUUID } from "node:crypto";
import { drawRequest, findOffer, GenerationError, type Offer, offers, type ParsedPrompt } from "@pickapic/generation";
import type { BestOf } from "../api.ts";
import type { Tx } from "../database/database.ts";
import { asideOf, checkLeft } from "../jobs/limits.ts";
import { orderAside } from "../jobs/queue.ts";
import { dropImages } from "../rounds/cancel.ts";
import { notifyRound } from "../rounds/changes.ts";
import type { ResolvedSettings } from "../settings.ts";
import { latestBestOf } from "./state.ts";

/** What a person asks for. */
export interface Wanted {
  userId: string;
  prompt: ParsedPrompt;
  /** Images to make. */
  n: number;
  /** Undefined: the first of those on offer. */
  model: string | undefined;
}

/** The models that the page offers: those that make images of any prompt, without their ranked entries. */
export function offeredModels({ backends }: Pick<ResolvedSettings, "backends">): Offer[] {
  return offers(backends).filter(({ model }) => !model.ranked && !model.pictures);
}

/**
 * Orders the images of a best of n.
 * @throws GenerationError PICKAPIC_MODEL_UNKNOWN, PICKAPIC_MODELS_NONE, ServerError PICKAPIC_MODEL_SPENT; then nothing is ordered
 */
export async function startBestOf(
  tx: Tx,
  { userId, prompt, n, model: name }: Wanted,
  settings: ResolvedSettings,
): Promise<BestOf> {
  const { backend, model } = offerOf(name, settings);
  await checkLeft(tx, asideOf(model), n);
  const round = { id: randomUUID(), user_id: userId };
  const words = { prompt: prompt.prompt, negative_prompt: prompt.negativePrompt };
  await tx
    .insertInto("rounds")
    .values({ ...round, ...words, best_of: n })
    .execute();
  const source = [{ ...backend, models: [{ ...model, weight: 1 }] }];
  const orders = Array.from({ length: n }, () => ({
    id: randomUUID(),
    request: drawRequest(prompt, source, settings.random),
    prompt: prompt.prompt,
    probability: 1,
    backends: source,
  }));
  await orderAside(tx, round, orders);
  const started = await latestBestOf(tx, userId);
  if (!started) throw new Error("a best of n is not there although it was started");
  return started;
}

function offerOf(name: string | undefined, settings: ResolvedSettings): Offer {
  const all = offeredModels(settings);
  const sources = all.map(({ backend, model }) => ({ ...backend, models: [model] }));
  const [first] = all;
  if (name === undefined && !first) throw new GenerationError("PICKAPIC_MODELS_NONE");
  return findOffer(sources, name ?? first?.model.name ?? "");
}

/** Stops the last one of a person, so that each person has one at a time. */
export async function stopLatest(tx: Tx, userId: string): Promise<void> {
  const latest = await latestBestOf(tx, userId);
  if (latest) await stopBestOf(tx, latest.id);
}

/** Takes the images that are not there yet out of the queue. Those that are there stay. */
export async function stopBestOf(tx: Tx, id: string): Promise<void> {
  await dropImages(tx, id);
  await notifyRound(tx, id);
}
