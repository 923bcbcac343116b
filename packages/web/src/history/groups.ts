/** @file Arranges the history for reading. */
import type { HistoryItem, RevealedImage } from "@pickapic/server/api";

/** Answers that follow each other in one round. */
export interface PromptGroup {
  /** Distinguishes groups: the latest ranking. */
  key: number;
  prompt: string;
  round: string;
  /** Latest first; at least one. */
  items: HistoryItem[];
}

/** Neighbours of one round become one group; the order stays. */
export function groupByPrompt(items: readonly HistoryItem[]): PromptGroup[] {
  const groups: PromptGroup[] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last?.round === item.round) last.items.push(item);
    else groups.push({ key: item.ranking, prompt: item.prompt, round: item.round, items: [item] });
  }
  return groups;
}

/** A name that every file system takes; the server's pictures are JPEG. */
export function fileNameFor(prompt: string, image: Pick<RevealedImage, "model" | "seed">): string {
  const words = prompt
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .slice(0, 60)
    .replace(/^-+|-+$/g, "");
  const origin = image.model === null ? "" : `-${image.model.replace(/[^\w.-]+/g, "-")}-${image.seed}`;
  return `${words || "picture"}${origin}.jpg`;
}
