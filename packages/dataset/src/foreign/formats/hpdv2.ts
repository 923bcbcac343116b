/**
 * @file HPDv2: train.json has two images and which one was preferred, test.json rankings of nine images by ten people each. Source:
 * the dataset card of ymhao/HPDv2 on the Hugging Face hub (human_preference, prompt, file_path; prompt, image_path, rank,
 * raw_annotations of rank and user_hash) and tgxs002/HPSv2 on GitHub, whose train.json calls the images image_path.
 */

import { shown } from "@pickapic/errors";
import type { ForeignCells } from "../file.ts";
import { type Format, fieldOf, type Judgement, listIn, perRow, textOf, type Unreadable, unreadable } from "./format.ts";
import { pairsOf } from "./ranked.ts";

/** The reader of HPDv2. */
export const HPDV2: Format = {
  recognises: (columns) =>
    columns.has("prompt") &&
    (columns.has("image_path") || columns.has("file_path")) &&
    (columns.has("human_preference") || (columns.has("rank") && !columns.has("prompt_id"))),
  read: perRow((cells) => {
    const images = listIn(cells.image_path ?? cells.file_path);
    if (!images) return unreadable("IMAGES", `image_path must be a list of images; got ${shown(cells.image_path ?? cells.file_path)}`); // biome-ignore format: a sentence
    const caption = textOf(cells.prompt);
    return cells.human_preference === undefined ? rankings(cells, caption, images) : preference(cells, caption, images);
  }),
};

/** A row of train.json. human_preference is 1 for the preferred image and 0 for the other. */
function preference(cells: ForeignCells, caption: string, images: readonly unknown[]): readonly Judgement[] | Unreadable {
  const [a, b, ...more] = (listIn(cells.human_preference) ?? []).map(Number);
  if (images.length !== 2 || more.length > 0 || a === undefined || b === undefined || !((a === 1 && b === 0) || (a === 0 && b === 1)))
    return unreadable("LABELS", `human_preference must be [1, 0] or [0, 1] for two images; got ${shown(cells.human_preference)} for ${images.length}`); // biome-ignore format: a sentence
  const choice = a === 1 ? 0 : 1;
  return [{ caption, pictures: [images[0], images[1]], choice, models: null, person: null, createdAt: null, share: null }];
}

/** A row of test.json: the ranking of each person where they are given, else their averaged ranking. */
function rankings(cells: ForeignCells, caption: string, images: readonly unknown[]): readonly Judgement[] | Unreadable {
  const annotations = listIn(cells.raw_annotations);
  if (!annotations) return pairsOf({ caption, images, ranks: listIn(cells.rank) ?? [], person: null });
  const judgements: Judgement[] = [];
  for (const annotation of annotations) {
    const ranks = listIn(fieldOf(annotation, "rank")) ?? [];
    const pairs = pairsOf({ caption, images, ranks, person: textOf(fieldOf(annotation, "user_hash")) || null });
    if ("problem" in pairs) return pairs;
    judgements.push(...pairs);
  }
  return judgements;
}
