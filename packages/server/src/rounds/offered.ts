/** @file The prompts that can be judged where all pictures were made earlier. */
import type { Random } from "@pickapic/chance";
import { type Backend, offers } from "@pickapic/generation";

/** The prompts that have two pictures or more. Null when some model draws any prompt. */
export function offeredPrompts(backends: readonly Backend[]): ReadonlySet<string> | null {
  const models = offers(backends).map(({ model }) => model);
  const counts = new Map<string, number>();
  for (const { pictures } of models) {
    if (!pictures) return null;
    for (const prompt of pictures.prompts) counts.set(prompt, (counts.get(prompt) ?? 0) + pictures.of(prompt).length);
  }
  return models.length === 0 ? null : new Set([...counts].flatMap(([prompt, count]) => (count >= 2 ? [prompt] : [])));
}

/** Draws different prompts of those that are offered, at most `count`. Null when any prompt may be written. */
export function drawOffered(backends: readonly Backend[], count: number, random: Random): string[] | null {
  const prompts = offeredPrompts(backends);
  if (!prompts) return null;
  const left = [...prompts];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(Math.floor(random() * left.length), 1)[0] ?? "");
}
