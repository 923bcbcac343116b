/** @file The images in the report of a reproduction: drawn again from their requests, as small JPEGs inside the page. */
import { itemAt } from "@pickapic/errors";
import { predict } from "@pickapic/evaluation";
import type { GenerationRequest } from "@pickapic/generation";
import { thumbnailJpeg } from "@pickapic/pictures";
import { renderImage } from "@pickapic/toyworld";
import type { Reproduction } from "./reproduce.ts";
import { rankingsBehind } from "./steps/accuracy.ts";
import { uniqueOf } from "./steps/data.ts";
import { SCORERS, type ShownPick } from "./steps/step.ts";

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
const SHOWN = { right: 6, wrong: 3 };
/** px: the size that is drawn, and the size that is stored. */
const DRAWN = 384;
const STORED = 224;

/**
 * Examples with a winner, in the order of the split: the first ones that pickscore gets right, then the first ones that it gets
 * wrong. None when they were not measured.
 */
export async function exampleCards({ settings, results: { judging, accuracy } }: Reproduction): Promise<ExampleCard[]> {
  if (!judging || !accuracy) return [];
  const ours = SCORERS.indexOf("pickscore");
  const { threshold } = itemAt(accuracy.scorers, ours);
  const rankings = rankingsBehind(judging, settings);
  const judged = uniqueOf(judging).flatMap(({ caption, label, probabilities }, i) => {
    const probability0 = itemAt(probabilities, ours);
    const right = predict(probability0, threshold) === label;
    return label === "tie" ? [] : [{ caption, images: itemAt(rankings, i).images, chosen: label, probability0, right }];
  });
  const chosen = [
    ...judged.filter(({ right }) => right).slice(0, SHOWN.right),
    ...judged.filter(({ right }) => !right).slice(0, SHOWN.wrong),
  ];
  return Promise.all(
    chosen.map(
      async ({ images: [image0, image1], ...card }): Promise<ExampleCard> => ({
        ...card,
        images: [await picture(image0.request), await picture(image1.request)],
      }),
    ),
  );
}

/** The picks with their pictures, as JPEG data: addresses. */
export function pickCards(shown: readonly ShownPick[]): Promise<PickCard[]> {
  return Promise.all(
    shown.map(async ({ prompt, random, pick, outcome }) => ({
      caption: prompt,
      random: await picture(random),
      pick: await picture(pick),
      outcome,
    })),
  );
}

async function picture(request: GenerationRequest): Promise<string> {
  const { bytes } = await renderImage({ ...request, width: DRAWN, height: DRAWN });
  return `data:image/jpeg;base64,${Buffer.from(await thumbnailJpeg(bytes, { side: STORED })).toString("base64")}`;
}
