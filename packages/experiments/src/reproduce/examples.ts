/** @file The images in the report of a reproduction: drawn again from their requests, as small JPEGs inside the page. */
import { predict } from "@pickapic/evaluation";
import type { GenerationRequest } from "@pickapic/generation";
import { thumbnailJpeg } from "@pickapic/pictures";
import { renderImage } from "@pickapic/toyworld";
import { type Reproduction, SCORERS } from "./reproduce.ts";

/** One example of test_unique. */
export interface ExampleCard {
  caption: string;
  /** data: addresses of image 0 and image 1. */
  images: [string, string];
  /** The preferred image; null for a tie. */
  chosen: 0 | 1 | null;
  probability0: number;
  right: boolean;
}

/** A pick beside a random image. */
export interface PickCard {
  caption: string;
  random: string;
  pick: string;
  outcome: 1 | 0.5 | 0;
}

/** How many of each kind are shown. */
const SHOWN = { right: 6, wrong: 3, picks: 6 };
const PICKSCORE = SCORERS.indexOf("pickscore");
/** px: the size that is drawn, and the size that is stored. */
const DRAWN = 384;
const STORED = 224;

/**
 * Examples with a winner, in the order of the split: the first ones that pickscore gets right, then the first ones that it gets
 * wrong.
 */
export async function exampleCards({ test, accuracy }: Reproduction): Promise<ExampleCard[]> {
  const { threshold } = accuracy[PICKSCORE]!;
  const judged = test
    .filter(({ pair }) => pair.label !== "tie")
    .map((example) => ({ ...example, right: predict(example.pair.probabilities[PICKSCORE]!, threshold) === example.pair.label }));
  const chosen = [
    ...judged.filter(({ right }) => right).slice(0, SHOWN.right),
    ...judged.filter(({ right }) => !right).slice(0, SHOWN.wrong),
  ];
  return Promise.all(
    chosen.map(async ({ pair, ranking: { images }, right }) => ({
      caption: pair.caption,
      images: [await picture(images[0].request), await picture(images[1].request)] as [string, string],
      chosen: pair.label === "tie" ? null : pair.label,
      probability0: pair.probabilities[PICKSCORE]!,
      right,
    })),
  );
}

/**
 * The first six prompts of the best-of-n experiment, each with the image that pickscore picked and the random one, as JPEG
 * data: addresses.
 */
export async function pickCards({ picks }: Reproduction): Promise<PickCard[]> {
  return Promise.all(
    picks.slice(0, SHOWN.picks).map(async ({ prompt, random, picks: byJudge }) => {
      const { request, outcome } = byJudge[PICKSCORE]!;
      return { caption: prompt, random: await picture(random), pick: await picture(request), outcome };
    }),
  );
}

async function picture(request: GenerationRequest): Promise<string> {
  const { bytes } = await renderImage({ ...request, width: DRAWN, height: DRAWN });
  return `data:image/jpeg;base64,${Buffer.from(await thumbnailJpeg(bytes, { side: STORED })).toString("base64")}`;
}
