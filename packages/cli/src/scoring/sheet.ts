/** @file Makes a contact sheet: one HTML page with the images of each prompt, best first. Thumbnails and styles are inside the page. */
import { basename, isAbsolute, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { thumbnailJpeg } from "@pickapic/pictures";
import { type Html, html } from "@pickapic/report/html";
import { page } from "@pickapic/report/page";
import type { Scored } from "./output.ts";
import type { ScoredImage } from "./run.ts";
import { SHEET_STYLE } from "./sheetStyle.ts";

/** Largest number of images on a sheet. A thumbnail takes about 10 kB, so a larger page would be too heavy for a browser. */
const MOST = 1000;
/** The longer side of a thumbnail, px. */
const SIDE = 320;

/** What a sheet says beside the images. */
export interface SheetFacts {
  /** The scorer's name. */
  readonly scorer: string;
  /** A sentence of caution about the scorer, shown above the pictures, or null. */
  readonly caution: string | null;
  /** The folder of the sheet, to which links to pictures are relative. If it is null, the links are absolute. */
  readonly folder: string | null;
  /** A sentence about where the images come from. Default: none. */
  readonly origin?: string;
}

interface Entry {
  readonly scored: Scored;
  readonly score: number;
  /** The path of the picture. Null if it came as bytes. */
  readonly file: string | null;
  /** More lines under the picture, each a name and a value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** A data URL. Null if no thumbnail can be made. */
  readonly thumbnail: Promise<string | null>;
}

/** Collects the best images of each prompt, and makes the page. */
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

  /** Adds images, and waits until the thumbnails of those that are kept are made. */
  async add(images: readonly ScoredImage[]): Promise<void> {
    await Promise.all(images.map((each) => this.#addOne(each)?.thumbnail));
  }

  #addOne({ scored, image, facts = [] }: ScoredImage): Entry | undefined {
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
    const file = typeof image === "string" ? image : null;
    const entry = { scored, score, file, facts, thumbnail: usable ? thumbnail(image) : Promise.resolve(null) };
    section.splice(indexFor(section, score), 0, entry);
    this.#sections.set(prompt, section);
    this.#shown++;
    return entry;
  }

  /**
   * Removes an image to make room for one with this score, and returns true if it did. The image is the last one of the prompt that has the most images, because
   * scores of different prompts do not compare. If that is the prompt of the new image, only a worse image makes room.
   */
  #makeRoom(section: Entry[], score: number): boolean {
    const largest = [...this.#sections.values()].reduce((a, b) => (b.length > a.length ? b : a), section);
    if (section.length + 1 >= largest.length) {
      if (section.length === 0 || score <= section.at(-1)!.score) return false;
      section.pop();
    } else largest.pop();
    this.#shown--;
    return true;
  }

  /** Returns the page as HTML. */
  async page({ scorer, caution, folder, origin }: SheetFacts): Promise<string> {
    const sections: Html[] = [];
    for (const [prompt, entries] of this.#sections) sections.push(await sectionOf(prompt, entries, folder));
    const left = this.#scored - this.#shown;
    const failed = this.#failures.map((message) => html`<li>${message}</li>`);
    const head = html`<header><h1>Scores by ${scorer}</h1>
<p>${count(this.#scored, "image")}, best first${left > 0 ? `; ${count(left, "more image")} with lower scores ${left === 1 ? "is" : "are"} not shown` : ""}. A score compares images of one prompt; between prompts it says nothing.${origin === undefined ? "" : ` ${origin}`}</p>${caution === null ? "" : html`<p class="note">${caution}</p>`}</header>`;
    const unread =
      this.#failed > 0
        ? html`<section><h2>${count(this.#failed, "image")} could not be read</h2><ul>${failed}</ul></section>`
        : html``;
    return page(`Scores by ${scorer}`, [head, ...sections, unread], SHEET_STYLE);
  }
}

const count = (n: number, what: string): string => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

/** Returns the index of a score in a section: after all scores that are not lower. */
function indexFor(section: readonly Entry[], score: number): number {
  const index = section.findIndex((other) => other.score < score);
  return index < 0 ? section.length : index;
}

async function sectionOf(prompt: string, entries: readonly Entry[], folder: string | null): Promise<Html> {
  const figures: Html[] = [];
  for (const [i, entry] of entries.entries()) figures.push(figure(i + 1, entry, await entry.thumbnail, folder));
  return html`<section><h2>${prompt}</h2><div class="sheet">${figures}</div></section>`;
}

function figure(rank: number, { scored, file, facts: more }: Entry, picture: string | null, folder: string | null): Html {
  const { image, score, probability, percentile, preferred } = scored;
  const facts = [
    fact("probability", probability, share),
    fact("percentile", percentile, (value) => value.toFixed(0)),
    fact("preferred", preferred, share),
    ...more.map(([name, value]) => factLine(name, value)),
  ].flatMap((each) => each ?? []);
  const name = basename(image);
  const preview =
    picture === null ? html`<div class="none">no preview</div>` : html`<img src="${picture}" alt="${name}" loading="lazy">`;
  const shown = file === null ? preview : html`<a class="picture" href="${addressOf(file, folder)}">${preview}</a>`;
  return html`<figure>${shown}<figcaption><div class="line"><b>${rank}</b><span class="score">${score!.toFixed(2)}</span></div>${facts.length > 0 ? html`<dl>${facts}</dl>` : ""}<div class="name" title="${image}">${name}</div></figcaption></figure>`;
}

/** Returns the URL of a picture. It is relative to `folder`, so that sheet and pictures can be moved together. Without a folder it is absolute. */
function addressOf(file: string, folder: string | null): string {
  const path = folder === null ? null : relative(folder, resolve(file));
  if (path === null || isAbsolute(path)) return pathToFileURL(resolve(file)).href;
  return path.split(sep).map(encodeURIComponent).join("/");
}

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;

function fact(name: string, value: number | null | undefined, text: (value: number) => string): Html | null {
  return typeof value === "number" ? factLine(name, text(value)) : null;
}

const factLine = (name: string, value: string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

/** Returns the thumbnail of an image as a data URL. Null if it cannot be made, for example because the file was removed after it was scored. */
async function thumbnail(image: string | Uint8Array): Promise<string | null> {
  try {
    return `data:image/jpeg;base64,${Buffer.from(await thumbnailJpeg(image, { side: SIDE })).toString("base64")}`;
  } catch {
    return null;
  }
}
