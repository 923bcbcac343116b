/** @file A contact sheet: images best first, in one page that needs nothing else. */
import type { ImageSource } from "@pickapic/pickscore";
import sharp from "sharp";
import { Html, html } from "../report/html.ts";
import type { Scored } from "./output.ts";

/** Images on a sheet; a page with more is too heavy for a browser. */
const MOST = 1000;
/** px, the longer side of a thumbnail. */
const SIDE = 256;

interface Entry {
  scored: Scored & { score: number };
  thumbnail: string;
}

/** The best images so far, with their thumbnails. */
export class Sheet {
  readonly #entries: Entry[] = [];
  readonly #failures: Scored[] = [];
  #scored = 0;
  #failed = 0;

  async add(scored: Scored, image: ImageSource): Promise<void> {
    const { score } = scored;
    if (score === null) {
      this.#failed++;
      if (this.#failures.length < MOST) this.#failures.push(scored);
      return;
    }
    this.#scored++;
    if (this.#entries.length >= MOST && score <= this.#entries.at(-1)!.scored.score) return;
    const entry = { scored: { ...scored, score }, thumbnail: await thumbnail(image) };
    const place = this.#entries.findIndex((other) => other.scored.score < score);
    this.#entries.splice(place < 0 ? this.#entries.length : place, 0, entry);
    if (this.#entries.length > MOST) this.#entries.pop();
  }

  /** @param model the scorer's name */
  page(model: string): string {
    const prompts = [...new Set(this.#entries.map(({ scored }) => scored.prompt))];
    const sections = prompts.map((prompt) =>
      section(
        prompt,
        this.#entries.filter(({ scored }) => scored.prompt === prompt),
      ),
    );
    const left = this.#scored - this.#entries.length;
    const failed = this.#failures.map(({ error }) => html`<li>${error ?? ""}</li>`);
    return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Scores by ${model}</title><style>${new Html(STYLE)}</style></head>
<body><main><h1>Scores by ${model}</h1>
<p>${this.#scored} images, best first${left > 0 ? `; the ${left} with the lowest scores are not shown` : ""}. A score compares images of one prompt only.</p>
${sections}
${this.#failed > 0 ? html`<h2>${this.#failed} images could not be read</h2><ul>${failed}</ul>` : ""}
</main></body></html>
`.markup;
  }
}

function section(prompt: string, entries: readonly Entry[]): Html {
  const figures = entries.map(({ scored, thumbnail }, i) => {
    const facts = [
      scored.score.toFixed(2),
      scored.probability === null ? "" : `${(100 * scored.probability).toFixed(1)} %`,
      typeof scored.percentile === "number" ? `percentile ${scored.percentile.toFixed(0)}` : "",
    ].filter((fact) => fact !== "");
    return html`<figure><img src="${thumbnail}" alt="${scored.image}" loading="lazy"><figcaption><b>${i + 1}</b> ${facts.join(" · ")}<br><span>${scored.image}</span></figcaption></figure>`;
  });
  return html`<h2>${prompt}</h2><div class="sheet">${figures}</div>`;
}

async function thumbnail(image: ImageSource): Promise<string> {
  const small = sharp(image, { limitInputPixels: false }).resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true });
  const bytes = await small.flatten({ background: "#888" }).jpeg({ quality: 80 }).toBuffer();
  return `data:image/jpeg;base64,${bytes.toString("base64")}`;
}

const STYLE = `
:root { color-scheme: light dark; --page: #fbfaf8; --card: #fff; --text: #1d1c1a; --soft: #6b6862; --line: #e6e2da; }
@media (prefers-color-scheme: dark) { :root { --page: #16171a; --card: #1f2125; --text: #eceae6; --soft: #a3a09a; --line: #33363c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1400px; margin: 0 auto; padding: 32px 20px 60px; }
h1 { font-size: 28px; margin: 0; } h2 { font-size: 19px; margin: 36px 0 10px; }
p, span, li { color: var(--soft); font-size: 14px; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 14px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px; }
img { width: 100%; aspect-ratio: 1; object-fit: contain; display: block; }
figcaption { margin-top: 8px; font-size: 14px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
`;
