/** @file The icons of the toy world: Microsoft's Fluent Emoji (flat), MIT. */

import { createRequire } from "node:module";

// The package declares no types for this file, and the compiler would take long to infer them from its megabytes.
const { icons } = createRequire(import.meta.url)("@iconify-json/fluent-emoji-flat/icons.json") as {
  icons: Readonly<Record<string, { body: string }>>;
};

/**
 * Returns the drawing of an icon as SVG, in a box of 32 x 32.
 * @throws Error for a name that the set does not have
 */
export function iconBody(name: string): string {
  const icon = icons[name];
  if (!icon) throw new Error(`iconBody: expected the name of an icon of fluent-emoji-flat; got "${name}"`);
  return icon.body;
}
