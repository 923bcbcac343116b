/** @file HTML templates that escape text. */

/** Markup that can be put into a page as it is. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Fragment = Html | string | number | readonly (Html | string)[];

/** A template tag: escapes texts and numbers, inserts `Html` as it is. */
export function html(strings: TemplateStringsArray, ...fragments: readonly Fragment[]): Html {
  return new Html(strings.map((text, i) => text + (i < fragments.length ? markupOf(fragments[i]!) : "")).join(""));
}

function markupOf(fragment: Fragment): string {
  if (fragment instanceof Html) return fragment.markup;
  if (Array.isArray(fragment)) return fragment.map(markupOf).join("");
  return escapeHtml(String(fragment));
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
