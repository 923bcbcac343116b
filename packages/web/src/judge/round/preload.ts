/** @file Loads and decodes pictures before they are shown, so that a new pair appears at once and no picture is drawn in parts. */
import type { Comparison, ShownImage } from "@pickapic/server/api";

/** Pauses between attempts to load a picture, in ms. */
const PAUSES = [500, 2_000, 5_000];

/** Pictures that are kept: two on screen, two of the pair before, which undo shows again, and two of the next pair. */
const KEPT = 6;

/** Keeps decoded pictures by their address. Holding an image element keeps the browser from dropping its decoded pixels. */
export class Preloader {
  readonly #pictures = new Map<string, Promise<HTMLImageElement>>();

  /** Resolves when both pictures are decoded and can be painted immediately; rejects when one cannot be loaded. */
  async pair({ left, right }: Comparison, signal: AbortSignal): Promise<void> {
    await Promise.all([left, right].map(({ url }) => this.#patiently(url, signal)));
  }

  /** Starts to load the first two of these pictures. One that fails is loaded again when its pair is shown. */
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
    // Moves the entry to the end, so that the first entry of the map is the least recently used one.
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
