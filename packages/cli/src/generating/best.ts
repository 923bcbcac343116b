/** @file Generates many pictures, scores them as they come, and writes the best: also those that were found when the command is interrupted. */

import { messageOf } from "@pickapic/errors";
import type { Backend, BestOf, BestSoFar, MadeImage } from "@pickapic/generation";
import { type NamedScorer, openNamedScorer } from "@pickapic/pickscore/scorers";
import { note } from "../context.ts";
import { CliError } from "../errors.ts";
import { fetchModels } from "../model/fetch.ts";
import { type ProgressView, showProgress } from "../progress.ts";
import { type ExternalOptions, externalSettings } from "../scoring/scorerOptions.ts";
import { openPreview, SHEET_FILE, writeBest } from "./files.ts";
import type { Finished, PictureRecord } from "./record.ts";
import type { GeneratingTask } from "./some.ts";

/** What is generated, who scores it, and when it ends. */
export interface BestTask extends GeneratingTask, ExternalOptions {
  /** How many pictures to make. */
  n: number;
  /** How many of the best to write. */
  hold: number;
  scorer: string;
  /** A file of templates; undefined: those of the model, else the prompt as it is. */
  templates?: string | undefined;
  /** See `bestOf`. */
  patience?: number | undefined;
  /** A file that shows the best picture so far; undefined: none. */
  preview?: string | undefined;
}

/** The pictures that were written, and what became of the others. */
export interface WrittenBest {
  pictures: PictureRecord[];
  scored: number;
  saved: number;
  untried: number;
  failures: Record<string, number>;
  /** Of all pictures that were scored, in the currency of models.yaml; null when no price is known. */
  price: number | null;
}

/** More pictures than this are not held: their bytes stay in memory until all have a score. */
const MOST_HELD = 1000;

/** How many of the best pictures the contact sheet shows. Some of them are not written as files: the sheet lets the reader see what the scorer passed over. */
const SHOWN = 100;

/**
 * Generates a best-of-n and writes the best with their contact sheet. Everything that can be refused is refused before a picture is made.
 * When the scorer fails or the command is interrupted, the best so far are written all the same, because they may have been paid for.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT; GenerationError and PickScoreError as `bestOf`, `readTemplates` and `openNamedScorer` throw them
 */
export async function generateBest(task: BestTask): Promise<WrittenBest> {
  const { n, hold, backends, context, guidanceScale, patience } = task;
  const { bestOf, checkPatience, findOffer, offers, planBestOf } = await import("@pickapic/generation");
  const { readTemplates } = await import("@pickapic/generation/templates");
  if (hold > n) throw usage(`--number: expected at most the ${n} pictures of --best-of; got ${hold}.`);
  if (hold > MOST_HELD) throw usage(`--number: expected at most ${MOST_HELD} with --best-of; got ${hold}.`);
  if (patience !== undefined) checkPatience(patience);
  const { backend, model } = findOffer(backends, task.model ?? offers(backends)[0]?.model.name ?? "");
  const templates = task.templates === undefined ? undefined : await readTemplates(task.templates);
  const plan = { prompt: task.prompt, backend, model: model.name, guidanceScale, templates };
  planBestOf(n, { ...plan, random: () => 0 });
  await fetchModels([task.scorer], context);
  const scorer = await openNamedScorer(task.scorer, externalSettings(task, context));
  const watch = openWatch(task);
  try {
    const settings = { ...plan, random: task.random, patience, signal: context.signal, now: context.now, onProgress: watch.tell };
    // At least one more than is written, for the probability that the last one is preferred to the next.
    const found = await bestOf(n, { ...settings, hold: Math.max(hold + 1, SHOWN), score: scoreWith(scorer) });
    return await write(found, backend, scorer, task);
  } catch (error) {
    const { best, scored } = watch.last() ?? { best: [], scored: 0 };
    if (scored === 0) throw error;
    const candidates = best.map(({ image, score }) => ({ ...image, score }));
    const { pictures } = await write({ candidates, scored, failures: new Map(), saved: 0, untried: 0 }, backend, scorer, task);
    const sentence = `The best of the ${scored} pictures that were made before that ${pictures.length === 1 ? "is" : "are"} in ${task.out}.`;
    if (context.signal.aborted) context.goOn = sentence;
    else note(context, sentence);
    throw error;
  } finally {
    await watch.stop();
    await scorer.close();
  }
}

const usage = (sentence: string) => new CliError("PICKAPIC_USAGE_ARGUMENT", sentence);

/** Returns the function that scores images. One that cannot be scored gets the reason. */
const scoreWith = (scorer: NamedScorer) => async (prompt: string, images: Uint8Array[]) =>
  (await scorer.scoreEach(prompt, images)).map((result) => ("score" in result ? result.score : result));

/** Shows how far a best-of-n is. */
interface Watch {
  tell(progress: BestSoFar<MadeImage>): void;
  /** What was told last. */
  last(): BestSoFar<MadeImage> | undefined;
  stop(): Promise<void>;
}

function openWatch({ n, preview: file, context }: Pick<BestTask, "n" | "preview" | "context">): Watch {
  const view: ProgressView = showProgress(context, "generating");
  const preview = file === undefined ? undefined : openPreview(file);
  let last: BestSoFar<MadeImage> | undefined;
  return {
    tell(progress) {
      last = progress;
      const [first] = progress.best;
      if (first && progress.isBetter) preview?.show(first.image.image.bytes);
      view.update({ done: progress.scored + progress.failed, total: n, unit: "images", note: noteOf(progress) });
    },
    last: () => last,
    async stop() {
      view.stop();
      // The pictures themselves are worth more than a preview that cannot be written.
      await preview?.settle().catch((error: unknown) => note(context, `--preview ${file}: ${messageOf(error)}`));
    },
  };
}

/** Says which picture is the best so far, such as "best so far: 21.345 (anime, seed 7); 2 failed". */
function noteOf(progress: BestSoFar<MadeImage>): string {
  const [first] = progress.best;
  const { failed } = progress;
  const notes = failed > 0 ? [`${failed} failed`] : [];
  if (!first) return notes.join("");
  const { template, request, image } = first.image;
  const seed = image.used?.seed ?? request.seed;
  return [
    `best so far: ${first.score.toFixed(3)} (${[template, ...(seed === null ? [] : [`seed ${seed}`])].join(", ")})`,
    ...notes,
  ].join("; ");
}

async function write(found: BestOf, backend: Backend, scorer: NamedScorer, task: BestTask): Promise<WrittenBest> {
  const { candidates, scored, saved, untried, failures } = found;
  const identity = await scorer.identify();
  const { preference, standingsOf } = await import("@pickapic/pickscore/scoring");
  const { BARE } = await import("@pickapic/generation");
  const { ranks } = standingsOf(candidates.map(({ score }) => score));
  const ranked = candidates.map(({ score, template, ...made }, i): Finished => {
    const next = candidates[i + 1];
    const probabilityOverNext = next ? preference(score - next.score) : null;
    const judged = { score, scorer: { name: scorer.name, identity }, rank: ranks[i] ?? i + 1, of: scored, probabilityOverNext };
    return { ...made, prompt: task.prompt, backend, template: template === BARE.name ? null : template, judged };
  });
  const head = { scorer: scorer.name, caution: await cautionOf(task.scorer, backend), origin: originOf(found, task) };
  if (head.caution !== null) note(task.context, head.caution);
  const each = candidates[0]?.image.price;
  const price = each === undefined ? null : each * scored;
  return {
    pictures: await writeBest(task.out, { written: ranked.slice(0, task.hold), shown: ranked.slice(task.hold, SHOWN) }, head),
    scored,
    saved,
    untried,
    failures: Object.fromEntries(failures),
    price,
  };
}

function originOf({ scored }: BestOf, { hold }: BestTask): string {
  if (scored <= hold) return `All ${scored} that were generated.`;
  return `The best ${hold} of ${scored} that were generated ${hold === 1 ? "is" : "are"} written as files; --number writes more.`;
}

/** A sentence of caution about a scorer that has seen no such pictures, or null. */
async function cautionOf(scorer: string, { simulated }: Backend): Promise<string | null> {
  if (simulated) return null;
  const [{ isModelName }, { cautionOf }] = await Promise.all([
    import("@pickapic/pickscore/scorers"),
    import("@pickapic/pickscore/scoring"),
  ]);
  return isModelName(scorer) ? cautionOf(scorer) : null;
}

/** Returns the notes after a best-of-n: what was saved, what failed, and where the contact sheet is. */
export async function notesOf(
  { scored, saved, untried, failures }: WrittenBest,
  { n, patience, out }: BestTask,
): Promise<string[]> {
  const { reasonsText } = await import("@pickapic/generation");
  const failed = n - scored - saved - untried;
  return [
    patience === undefined ? null : `${n - saved - untried} of ${n} pictures were made; ${saved} were saved by --patience.`,
    failed === 0 ? null : `${failed} of ${failed + scored} pictures failed: ${reasonsText(new Map(Object.entries(failures)))}`,
    untried === 0 ? null : `${untried} pictures were not tried, because too many failed in a row.`,
    `The contact sheet is ${out}/${SHEET_FILE}.`,
  ].flatMap((line) => line ?? []);
}
