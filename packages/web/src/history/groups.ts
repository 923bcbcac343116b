/** @file Groups the history by prompt. */
import type { HistoryItem, RevealedImage } from "@pickapic/server/api";
import { fileNameOf } from "../shell/fileName.ts";

/** Neighbouring answers in the history that belong to one round. */
export interface PromptGroup {
  /** The id of the group's latest ranking, as its React key. */
  key: number;
  prompt: string;
  round: string;
  /** Latest first; at least one. */
  items: HistoryItem[];
}

/** Groups neighbouring answers of one round; the order is preserved. */
export function groupByPrompt(items: readonly HistoryItem[]): PromptGroup[] {
  const groups: PromptGroup[] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last?.round === item.round) last.items.push(item);
    else groups.push({ key: item.ranking, prompt: item.prompt, round: item.round, items: [item] });
  }
  return groups;
}

/** The file name for a downloaded image, valid in every file system. The server's images are JPEG. */
export function fileNameFor(prompt: string, image: Pick<RevealedImage, "model" | "seed">): string {
  const model = image.model === null ? "" : `-${image.model.replace(/[^\w.-]+/g, "-")}`;
  const origin = image.seed === null ? model : `${model}-${image.seed}`;
  return `${fileNameOf(prompt)}${origin}.jpg`;
}
