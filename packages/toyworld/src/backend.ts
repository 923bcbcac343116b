/** @file The toy world as a text-to-image backend. */

import type { Backend, GeneratedImage, GenerationRequest } from "@pickapic/generation";
import { GENERATORS } from "./generators.ts";
import type { Pixels } from "./rendering/pixels.ts";
import { encode, rawImage, renderPixels } from "./rendering/render.ts";
import { renderOnThread } from "./rendering/thread.ts";

/**
 * Returns a backend of four generators that need no network and no weights. Their images are simulated: say so wherever they are
 * shown.
 * @param settings.ownThread true: images are rendered on a thread of their own, so that a server goes on answering meanwhile. Default: false.
 */
export function toyBackend({ ownThread = false }: { ownThread?: boolean } = {}): Backend {
  const render: (request: GenerationRequest) => Promise<Pixels & Pick<GeneratedImage, "release">> = ownThread
    ? renderOnThread()
    : renderPixels;
  return {
    name: "toy",
    simulated: true,
    models: GENERATORS.map((generator) => generator.model),
    async generate(request, { signal, onProgress, acceptsPixels = false } = {}) {
      signal?.throwIfAborted();
      onProgress?.(0);
      const pixels = await render(request);
      const image = acceptsPixels ? rawImage(request, pixels) : await encode(request, pixels);
      signal?.throwIfAborted();
      onProgress?.(1);
      return image;
    },
  };
}
