/**
 * @file The app's loop without the app: simulated people write prompts, look at pairs and choose; the rejected image is replaced.
 * Rankings are first planned as data; the images are drawn afterwards.
 */

import { createHash } from "node:crypto";
import { type Random, randomFor } from "@pickapic/chance";
import { labelColumns, memorySource, nanosecondsOf, type PreferenceSource, type RankingRecord } from "@pickapic/dataset";
import { entryOf } from "@pickapic/errors";
import type { Label } from "@pickapic/evaluation";
import type { GenerationRequest } from "@pickapic/generation";
import { renderImage, type SimulatedPerson, type SimulatedRanking, simulateRankings, toyBackend } from "@pickapic/toyworld";
import type { ProgressReport } from "./progress.ts";
import { sideBySide } from "./sideBySide.ts";

/** How much is simulated. The same settings give the same people, prompts, images and answers. */
export interface LoopSettings {
  seed: number;
  /** Number of answers in all. */
  rankings: number;
  /** Mean number of answers per prompt; it varies from prompt to prompt. */
  answersPerPrompt: number;
  promptsPerPerson: number;
  /** Side of the images, px. */
  size: number;
}

/** An image: its name, and the request that makes it. */
export interface PlannedImage {
  uid: string;
  request: GenerationRequest;
}

/** One answer, with everything that led to it. */
export interface PlannedRanking {
  prompt: string;
  /** The number of the person, from 0. */
  author: number;
  person: SimulatedPerson;
  images: readonly [PlannedImage, PlannedImage];
  /** The side on which image 0 was shown. */
  slot0: "left" | "right";
  /** The image that was kept from the previous answer. */
  kept: 0 | 1 | null;
  label: Label;
  answerMs: number;
}

/** Simulated answers with their drawn images, also as a source that `writeDataset` can read. */
export interface Collected {
  source: PreferenceSource;
  rankings: readonly PlannedRanking[];
  /** Encoded images by uid. */
  images: ReadonlyMap<string, Uint8Array>;
}

/** What drawing needs from its caller: aborting `signal` ends it with the signal's reason; progress is counted in pictures. */
export interface LoopEffects {
  signal: AbortSignal;
  onProgress: (report: ProgressReport) => void;
}

/** The day on which simulated answers begin. Simulated data gets a simulated time. */
const FIRST_DAY = Date.UTC(2026, 0, 1);
/** Images that are drawn at the same time. It is small because libvips has its own threads. */
const PAINTERS = 4;

/** Plans everything that the people do, without drawing: the toy world knows what an image would show. */
export function planRankings({ size, ...settings }: LoopSettings): PlannedRanking[] {
  const random = randomFor("slots", settings.seed);
  return Array.from(simulateRankings(settings), (ranking) => planned(ranking, size, random));
}

/** Draws which of the two images is number 0, so that neither number nor side tells anything. */
function planned(
  { prompt, author, person, left, right, kept, choice }: SimulatedRanking,
  size: number,
  random: Random,
): PlannedRanking {
  const slot0 = random() < 0.5 ? "left" : "right";
  const shown = [imageOf(left, size), imageOf(right, size)] as const;
  const images = slot0 === "left" ? shown : ([shown[1], shown[0]] as const);
  const indexOf = (slot: "left" | "right") => (slot === slot0 ? 0 : 1);
  const label = choice === "tie" ? "tie" : indexOf(choice);
  return { prompt, author, person, images, slot0, kept: kept && indexOf(kept), label, answerMs: answerTime(random) };
}

function imageOf(drawn: GenerationRequest, size: number): PlannedImage {
  const request = { ...drawn, width: size, height: size };
  return { uid: uidOf(request), request };
}

/** Names an image by a hash of its request, spelled as a UUID. The same request is the same image. */
function uidOf(request: GenerationRequest): string {
  const hash = createHash("sha256").update(JSON.stringify(request)).digest("hex");
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join("-");
}

/** Draws an answer time, ms: log-normal, median 3 s, as for real people. Nothing waits for it. */
export function answerTime(random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.round(3000 * Math.exp(0.5 * normal));
}

/** Plans the rankings, draws their images, and returns both as the source of a dataset. */
export async function collect(settings: LoopSettings, effects: LoopEffects): Promise<Collected> {
  const rankings = planRankings(settings);
  const requests = new Map(rankings.flatMap(({ images }) => images.map(({ uid, request }) => [uid, request] as const)));
  const images = await paintAll(requests, effects);
  const records = rankings.map(recordOf);
  return { rankings, images, source: memorySource(records, async (uid) => entryOf(images, uid)) };
}

/** Draws every request. The result has the keys of `requests`. */
export async function paintAll<K>(
  requests: ReadonlyMap<K, GenerationRequest>,
  { signal, onProgress }: LoopEffects,
): Promise<Map<K, Uint8Array>> {
  const paint = async ([key, request]: [K, GenerationRequest]) => [key, (await renderImage(request)).bytes] as const;
  const onDone = (done: number) => onProgress({ done, total: requests.size, unit: "pictures" });
  return new Map(await sideBySide(requests, paint, { atOnce: PAINTERS, signal, onDone }));
}

/** The dataset row of a planned ranking. Answers are a minute apart. */
function recordOf(ranking: PlannedRanking, index: number): RankingRecord {
  const [image0, image1] = ranking.images;
  return {
    caption: ranking.prompt,
    created_at: nanosecondsOf(new Date(FIRST_DAY + 60_000 * index)),
    ...labelColumns(ranking.label, image0.uid, image1.uid),
    are_different: image0.request.model !== image1.request.model,
    ranking_id: BigInt(index + 1),
    user_id: BigInt(ranking.author + 1),
    ...columnsOf("0", image0),
    ...columnsOf("1", image1),
    slot_0: ranking.slot0,
    kept_image: ranking.kept,
    answer_ms: ranking.answerMs,
    consent_version: "simulated",
    simulated: JSON.stringify(ranking.person.parameters),
    draw_probability: drawnWith(ranking),
  };
}

/** The probability of the pair's models (docs/mathematics.md): all are equally likely. */
function drawnWith({ kept, images: [image0, image1] }: PlannedRanking): number {
  const one = 1 / MODELS.length;
  if (kept !== null) return one;
  return image0.request.model === image1.request.model ? one * one : 2 * one * one;
}

const MODELS = toyBackend().models;

/** The columns that each of the two images has. */
type ImageColumns<I extends "0" | "1"> = Pick<
  RankingRecord,
  | `image_${I}_uid`
  | `image_${I}_url`
  | `model_${I}`
  | `seed_${I}`
  | `guidance_scale_${I}`
  | `negative_prompt_${I}`
  | `steps_${I}`
  | `scheduler_${I}`
>;

function columnsOf<I extends "0" | "1">(index: I, { uid, request }: PlannedImage): ImageColumns<I> {
  const columns = {
    [`image_${index}_uid`]: uid,
    [`image_${index}_url`]: `toyworld:${uid}`,
    [`model_${index}`]: request.model,
    [`seed_${index}`]: request.seed === null ? null : BigInt(request.seed),
    [`guidance_scale_${index}`]: request.guidanceScale,
    [`negative_prompt_${index}`]: request.negativePrompt,
    [`steps_${index}`]: request.steps,
    [`scheduler_${index}`]: MODELS.find(({ name }) => name === request.model)?.scheduler ?? "",
  };
  return columns as ImageColumns<I>;
}
