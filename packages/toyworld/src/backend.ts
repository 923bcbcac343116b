/** @file The toy world as a text-to-image backend. */

import type { Backend } from "@pickapic/generation";
import { GENERATORS } from "./generators.ts";
import { renderImage } from "./render.ts";

/**
 * Returns a backend of four generators that need no network and no weights. Their images are simulated: say so wherever they are
 * shown.
 */
export function toyBackend(): Backend {
  return {
    name: "toy",
    simulated: true,
    models: GENERATORS.map((generator) => generator.model),
    async generate(request, { signal, onProgress } = {}) {
      signal?.throwIfAborted();
      onProgress?.(0);
      const image = await renderImage(request);
      signal?.throwIfAborted();
      onProgress?.(1);
      return image;
    },
  };
}
