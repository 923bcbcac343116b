/** @file The icons of the toy world: Microsoft's Fluent Emoji (flat), MIT. */

import bodies from "./icons.gen.json" with { type: "json" };

const icons: ReadonlyMap<string, string> = new Map(Object.entries(bodies));

/**
 * Returns the drawing of an icon as SVG, in a box of 32 x 32.
 * @throws Error for a name that no object of the toy world has
 */
export function iconBody(name: string): string {
  const body = icons.get(name);
  if (body === undefined) throw new Error(`iconBody: expected the name of an icon in icons.gen.json; got "${name}"`);
  return body;
}
