/** @file The front matter of a dataset card: the lines of YAML between two lines of three hyphens at its beginning. */

/** Returns the front matter of a card, without the hyphens; "" for a card without one. */
export function frontMatterOf(card: string): string {
  return /^---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1] ?? "";
}
