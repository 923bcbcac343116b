/** @file Whether an image meets the demands of a prompt other than the one it was made with, such as the same without the words of a template. */

import type { Check, Depiction, ShownThing } from "./depiction.ts";
import { parseCaption } from "./parse.ts";
import { OPPOSITE, type Scene } from "./scene.ts";

/**
 * The demands of `prompt` and whether the image meets them, in the order of `Depiction.checks`. For the prompt that the image was made with
 * these are its own checks.
 */
export function checksFor(prompt: string, depiction: Depiction): readonly Check[] {
  const asked = parseCaption(prompt);
  if (asked === depiction.asked) return depiction.checks;
  const { shown } = depiction;
  return [
    ...asked.things.flatMap((thing, i) => thingChecks(thing, i === 0 ? 0 : 1, shown.things)),
    ...(asked.relation ? [{ attribute: "relation", obeyed: meetsRelation(asked, shown) } as const] : []),
    ...(asked.background ? [{ attribute: "background", obeyed: shown.background === asked.background } as const] : []),
    ...(asked.style ? [{ attribute: "style", obeyed: shown.style === asked.style } as const] : []),
  ];
}

function thingChecks({ object, count, color }: Scene["things"][number], thing: 0 | 1, shown: readonly ShownThing[]): Check[] {
  const drawn = shown.find((candidate) => candidate.object === object);
  const checks: Check[] = [{ attribute: "object", thing, obeyed: drawn !== undefined }];
  if (count !== null) checks.push({ attribute: "count", thing, obeyed: drawn?.count === count });
  if (color !== null) checks.push({ attribute: "color", thing, obeyed: drawn?.color === color });
  return checks;
}

/** The relation is that of the first thing that is shown to the second, which may be the second and the first of the prompt. */
function meetsRelation({ things, relation }: Scene, shown: Depiction["shown"]): boolean {
  if (shown.relation === null) return false;
  const [first, second] = shown.things;
  const swapped = second?.object === things[0]?.object || first?.object === things[1]?.object;
  return (swapped ? OPPOSITE[shown.relation] : shown.relation) === relation;
}
