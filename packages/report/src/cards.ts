/** @file Boxes of a report: a number with its meaning, and two images of a prompt. */
import { Html, html } from "./html.ts";

/** A large number and what it is. */
export function figureCard(figure: string, what: string): Html {
  return html`<div class="card"><b>${figure}</b>${what}</div>`;
}

/** One image of a pair, and the words under it. */
export interface PairSide {
  /** A data: address; null when there is no image to show. */
  image: string | null;
  alt: string;
  /** True frames the image that people preferred. */
  chosen: boolean;
  said: Html | string;
}

/** Two images of a prompt side by side, with an optional line below. */
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
