/** @file Loads and decodes pictures before they go on screen, so that the swap waits for nothing and shows no half-drawn picture. */
import type { Comparison, ShownImage } from "@pickapic/server/api";

/** Pauses between attempts to load a picture, in ms. */
const PAUSES = [500, 2_000, 5_000];

/** Two on screen, two of the pair before (undo brings them back), two prepared. */
const KEPT = 6;

/** Decoded pictures by address; the elements hold the decoded pixels, so they are kept while they may be wanted. */
export class Preloader {
  readonly #pictures = new Map<string, Promise<HTMLImageElement>>();

  /** Settles when both pictures can be painted at once. */
  async pair({ left, right }: Comparison, signal: AbortSignal): Promise<void> {
    await Promise.all([left, right].map(({ url }) => this.#patiently(url, signal)));
  }

  /** Starts to load what will be wanted later. What fails now is tried again when it is wanted. */
  ahead(images: readonly ShownImage[]): void {
    for (const { url } of images.slice(0, 2)) this.#picture(url).catch(() => {});
  }

  async #patiently(url: string, signal: AbortSignal): Promise<void> {
    for (const pause of PAUSES) {
      const loaded = await this.#picture(url).then(
        () => true,
        () => false,
      );
      if (loaded) return;
      await new Promise((resolve) => setTimeout(resolve, pause));
      signal.throwIfAborted();
    }
    await this.#picture(url);
  }

  #picture(url: string): Promise<HTMLImageElement> {
    const picture = this.#pictures.get(url) ?? decoded(url);
    // Last again: the first of the map is the one that was wanted longest ago.
    this.#pictures.delete(url);
    this.#pictures.set(url, picture);
    const [oldest] = this.#pictures.keys();
    if (oldest !== undefined && this.#pictures.size > KEPT) this.#pictures.delete(oldest);
    picture.catch(() => {
      if (this.#pictures.get(url) === picture) this.#pictures.delete(url);
    });
    return picture;
  }
}

async function decoded(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
