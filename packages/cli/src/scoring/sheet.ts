/** @file A contact sheet: the images of each prompt best first, in one page that needs nothing else. */
import { thumbnailJpeg } from "@pickapic/pictures";
import { Html, html } from "@pickapic/report/html";
import type { Scored } from "./output.ts";
import type { ScoredImage } from "./run.ts";
import { SHEET_STYLE } from "./sheetStyle.ts";

/** Images on a sheet: with some 10 kB each, a page with more is too heavy for a browser. */
const MOST = 1000;
/** px, the longer side of a thumbnail. */
const SIDE = 320;

interface Entry {
  readonly scored: Scored;
  readonly score: number;
  /** null: it cannot be drawn. */
  readonly thumbnail: Promise<string | null>;
}

/** The best images so far. */
export class Sheet {
  readonly #most: number;
  /** Entries of each prompt, best first. */
  readonly #sections = new Map<string, Entry[]>();
  readonly #failures: string[] = [];
  #scored = 0;
  #shown = 0;
  #failed = 0;

  constructor(most = MOST) {
    this.#most = most;
  }

  /** Takes images, and waits until those that are shown are drawn. */
  async add(images: readonly ScoredImage[]): Promise<void> {
    await Promise.all(images.map((each) => this.#addOne(each)?.thumbnail));
  }

  #addOne({ scored, image }: ScoredImage): Entry | undefined {
    const { score, prompt, error } = scored;
    if (score === null) {
      this.#failed++;
      if (this.#failures.length < this.#most) this.#failures.push(error ?? "");
      return undefined;
    }
    this.#scored++;
    const section = this.#sections.get(prompt) ?? [];
    if (this.#shown >= this.#most && !this.#makeRoom(section, score)) return undefined;
    const usable = typeof image === "string" || image instanceof Uint8Array;
    const entry = { scored, score, thumbnail: usable ? thumbnail(image) : Promise.resolve(null) };
    section.splice(placeOf(section, score), 0, entry);
    this.#sections.set(prompt, section);
    this.#shown++;
    return entry;
  }

  /** Scores compare within a prompt only, so room is made in the prompt with the most images; in one of the same size only for a better image. */
  #makeRoom(section: Entry[], score: number): boolean {
    const largest = [...this.#sections.values()].reduce((a, b) => (b.length > a.length ? b : a), section);
    if (section.length + 1 >= largest.length) {
      if (section.length === 0 || score <= section.at(-1)!.score) return false;
      section.pop();
    } else largest.pop();
    this.#shown--;
    return true;
  }

  /** @param model the scorer's name */
  async page(model: string): Promise<string> {
    const sections: Html[] = [];
    for (const [prompt, entries] of this.#sections) sections.push(await sectionOf(prompt, entries));
    const left = this.#scored - this.#shown;
    const failed = this.#failures.map((message) => html`<li>${message}</li>`);
    return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Scores by ${model}</title><style>${new Html(SHEET_STYLE)}</style></head>
<body><main>
<header><h1>Scores by ${model}</h1>
<p>${count(this.#scored, "image")}, best first${left > 0 ? `; ${count(left, "more image")} with lower scores ${left === 1 ? "is" : "are"} not shown` : ""}. A score compares images of one prompt; between prompts it says nothing.</p></header>
${sections}
${this.#failed > 0 ? html`<section><h2>${count(this.#failed, "image")} could not be read</h2><ul>${failed}</ul></section>` : ""}
</main></body></html>
`.markup;
  }
}

const count = (n: number, what: string): string => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

/** Where a score belongs; after those that are equal. */
function placeOf(section: readonly Entry[], score: number): number {
  const place = section.findIndex((other) => other.score < score);
  return place < 0 ? section.length : place;
}

async function sectionOf(prompt: string, entries: readonly Entry[]): Promise<Html> {
  const figures: Html[] = [];
  for (const [i, entry] of entries.entries()) figures.push(figure(i + 1, entry.scored, await entry.thumbnail));
  return html`<section><h2>${prompt}</h2><div class="sheet">${figures}</div></section>`;
}

function figure(place: number, scored: Scored, picture: string | null): Html {
  const { image, score, probability, percentile, preferred } = scored;
  const facts = [
    fact("probability", probability, share),
    fact("percentile", percentile, (value) => value.toFixed(0)),
    fact("preferred", preferred, share),
  ].flatMap((each) => each ?? []);
  const shown =
    picture === null ? html`<div class="none">no preview</div>` : html`<img src="${picture}" alt="${image}" loading="lazy">`;
  return html`<figure>${shown}<figcaption><div class="line"><b>${place}</b><span class="score">${score!.toFixed(2)}</span></div>${facts.length > 0 ? html`<dl>${facts}</dl>` : ""}<div class="name" title="${image}">${image}</div></figcaption></figure>`;
}

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;

function fact(name: string, value: number | null | undefined, text: (value: number) => string): Html | null {
  return typeof value === "number" ? html`<div><dt>${name}</dt><dd>${text(value)}</dd></div>` : null;
}

/** What could be scored may still fail here, for example when it was removed meanwhile: the score stays. */
async function thumbnail(image: string | Uint8Array): Promise<string | null> {
  try {
    return `data:image/jpeg;base64,${Buffer.from(await thumbnailJpeg(image, { side: SIDE })).toString("base64")}`;
  } catch {
    return null;
  }
}
