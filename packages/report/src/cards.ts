/** @file What the reports show in boxes: a figure with its meaning, and two pictures of a prompt. */
import { Html, html } from "./html.ts";

/** A figure, large, and what it is. */
export function figureCard(figure: string, what: string): Html {
  return html`<div class="card"><b>${figure}</b>${what}</div>`;
}

/** A picture of a pair, and the words under it. */
export interface PairSide {
  /** data: address; null when there is no picture to show. */
  image: string | null;
  alt: string;
  /** Framed: people preferred it. */
  chosen: boolean;
  said: Html | string;
}

/** Two pictures of a prompt side by side, with an optional line below. */
export function pairCard(caption: string, sides: readonly [PairSide, PairSide], below?: Html | string): Html {
  return html`<figure class="pair"><p class="caption">${caption}</p>
<div class="images">${sides.map(picture)}</div>
<div class="said">${sides.map(({ said }) => html`<span>${said}</span>`)}</div>${below === undefined ? "" : html`<p class="below">${below}</p>`}</figure>`;
}

function picture({ image, alt, chosen }: PairSide): Html {
  const mark = new Html(chosen ? ' class="chosen"' : "");
  return image === null
    ? html`<div${mark} role="img" aria-label="${alt}"></div>`
    : html`<img src="${image}" alt="${alt}"${mark}>`;
}
