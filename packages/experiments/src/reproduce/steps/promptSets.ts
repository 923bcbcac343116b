/** @file Section 6 of the paper with captions: generators at three guidance scales, on captions of photographs and on users' prompts, beside what people say in real use. */
import { drawSeed, randomFor, seeded } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import { type GenerationRequest, parsePrompt } from "@pickapic/generation";
import { closeScorers } from "@pickapic/pickscore/scorers";
import {
  expert,
  person,
  photographOf,
  renderDepiction,
  renderImage,
  type SimulatedPerson,
  sampleCaption,
  toyBackend,
} from "@pickapic/toyworld";
import type { PromptSet } from "../../measure/promptSets/promptSet.ts";
import { measurePromptSets, type PromptSetReport } from "../../measure/promptSets/promptSets.ts";
import { viewerOf } from "../../measure/rankingRound.ts";
import { type WinShares, winRatios, winShares } from "../../measure/winShares.ts";
import { openJudges } from "./data.ts";
import { SCORERS, type StepContext } from "./step.ts";

/** The guidance scales of the paper's nine configurations of three models; the toy world has four. */
const SCALES = [3, 6, 9] as const;
/** px: the side at which the scorers read pictures. */
const SIDE = 96;
/** Prompts of other people, over which people's opinion in real use is taken. Nothing is drawn for it. */
const REAL_USE_PROMPTS = 2000;

/** The names of the two sets. */
export const SETS = { users: "users' prompts", captions: "captions of photographs" } as const;
/** The name of the contrast of guidance. */
export const MORE_GUIDANCE = "guidance 9 minus guidance 3";

/** A generator at a guidance scale. */
interface Configuration {
  name: string;
  model: string;
  steps: number | null;
  guidanceScale: number;
}

/** Every generator at every scale. */
function configurations(): Configuration[] {
  return toyBackend().models.flatMap(({ name: model, steps }) =>
    SCALES.map((guidanceScale) => ({ name: `${model}, guidance ${guidanceScale}`, model, steps, guidanceScale })),
  );
}

/** Measures both sets, by the people of each, by every scorer and by the Fréchet distance to photographs. */
export async function measureSets(context: StepContext): Promise<PromptSetReport> {
  const { settings, signal, onProgress, result } = context;
  const { prompts: count, judges: people, draws } = settings.promptSets;
  const all = configurations();
  const scorers = await openJudges(context);
  const reader = await context.openFeatures({ features: settings.init, pixels: "browser", threads: settings.threads });
  try {
    const random = randomFor("prompt sets", settings.seed);
    const photographs = Array.from({ length: count }, () => photographOf(drawSeed(random)));
    const captions = photographs.map(({ caption }) => caption);
    const users = Array.from({ length: count }, () => sampleCaption(random));
    // The pictures are drawn here: one without a score is a fault, and none is left out.
    const measured = { configurations: all.map(({ name }) => name), seed: settings.seed, draws, mostFailed: 0 };
    return await measurePromptSets(
      [setOf(SETS.users, users, person, all, people), setOf(SETS.captions, captions, expert, all, people)],
      {
        ...measured,
        judges: SCORERS.map((name, i) => ({
          name,
          scorer: itemAt(scorers, i),
          threshold: itemAt(result("accuracy").scorers, i).threshold,
        })),
        truth: realUse(all, settings.seed),
        real: {
          reader,
          images: await Promise.all(photographs.map(({ depiction }) => renderDepiction(depiction, SIDE))),
          intervals: true,
        },
        contrasts: [
          {
            name: MORE_GUIDANCE,
            weights: all.map(({ guidanceScale }) => contrastOf(guidanceScale) / (all.length / SCALES.length)),
          },
        ],
      },
      { signal, onProgress },
    );
  } finally {
    await reader.close();
    await closeScorers(scorers);
  }
}

const contrastOf = (guidance: number): number => (guidance === SCALES[0] ? -1 : guidance === SCALES[2] ? 1 : 0);

/** A set whose images are drawn when they are needed, and judged by new people. */
function setOf(
  name: string,
  prompts: readonly string[],
  make: (seed: number) => SimulatedPerson,
  all: readonly Configuration[],
  people: number,
): PromptSet {
  const requests = prompts.map((prompt, i) => requestsOf(prompt, all, `${name} ${i}`));
  return {
    name,
    prompts,
    images: async (i) => Promise.all(itemAt(requests, i).map(async (request) => (await renderImage(request)).bytes)),
    people: prompts.map((prompt, i) => opinionOf(make, `${name} ${i}`, prompt, itemAt(requests, i), people)),
  };
}

/** One image of each configuration, each with a seed of its own. */
function requestsOf(caption: string, all: readonly Configuration[], name: string): GenerationRequest[] {
  const random = seeded("configurations", name, caption);
  const { prompt, negativePrompt } = parsePrompt(caption);
  return all.map(({ model, steps, guidanceScale }) => ({
    ...{ prompt, negativePrompt, model, steps, guidanceScale },
    ...{ seed: drawSeed(random), width: SIDE, height: SIDE },
  }));
}

/** What several people say of the images of a prompt, on average. */
function opinionOf(
  make: (seed: number) => SimulatedPerson,
  name: string,
  prompt: string,
  requests: readonly GenerationRequest[],
  people: number,
): WinShares {
  const each = Array.from({ length: people }, (_, i) =>
    winShares(requests.length, viewerOf(make, `${name} ${i}`, prompt, requests)),
  );
  return winRatios(each, [...each.keys()]);
}

/** The win ratios of the configurations by authors of many other prompts: what the toy world's people say in real use. */
function realUse(all: readonly Configuration[], seed: number): number[] {
  const random = randomFor("real use", seed);
  const opinions = Array.from({ length: REAL_USE_PROMPTS }, (_, i) => {
    const prompt = sampleCaption(random);
    return opinionOf(person, `real use ${seed} ${i}`, prompt, requestsOf(prompt, all, `real use ${i}`), 1);
  });
  return winRatios(opinions, [...opinions.keys()]);
}
