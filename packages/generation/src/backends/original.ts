/** @file The service of the original project: `POST /generate` (github.com/yuvalkirstain/model_app, api.py). It makes several pictures at once. */

import { z } from "zod";
import type { Kind, MadePicture } from "./kind.ts";
import { pictureOfBase64 } from "./picture.ts";

/** One answer has pictures with one seed, and a guidance scale for each. */
const Reply = z.object({
  seed: z.int(),
  gs: z.array(z.number()),
  steps: z.int(),
  scheduler_cls: z.string(),
  images: z.array(z.string()),
});

/** A reply of the server may hold more pictures than were asked for. At most this many are stored for later requests, over all prompts. */
const MOST_SPARE = 64;

/** The original's service. It draws seed and guidance itself and tells what it drew. */
export const original: Kind = {
  about: "the original project's service",
  target: "an address such as http://10.0.0.5:8000",
  isServer: true,
  concurrency: 1,
  has: { guidance: false, steps: false, seed: false, negativePrompt: true, size: false },
  options: [],
  async open({ name, settings }, { http }) {
    /** Spare pictures by the request that they were made for, the oldest request first. */
    const spare = new Map<string, MadePicture[]>();
    return {
      async generate({ prompt, negativePrompt }, { signal }) {
        const body = { prompt, num_samples: 1, user_id: null, negative_prompt: negativePrompt ?? "", ...settings };
        const key = JSON.stringify(body);
        const stored = spare.get(key)?.pop();
        if (stored) return stored;
        const { seed, gs, steps, scheduler_cls, images } = await http.json("generate", Reply, { body, signal });
        const made = images.map((image, i) => {
          const guidanceScale = gs[i];
          const used = { seed, steps, scheduler: scheduler_cls, ...(guidanceScale !== undefined && { guidanceScale }) };
          return { bytes: pictureOfBase64(image, name), used };
        });
        const [first = { bytes: pictureOfBase64(undefined, name) }, ...others] = made;
        // Pictures that a concurrent request of the same prompt has stored are dropped.
        spare.delete(key);
        spare.set(key, others.reverse());
        shrink(spare);
        return first;
      },
      async check(signal) {
        await http.bytes("", { signal });
        return "answers";
      },
    };
  },
};

/** Drops the pictures of the oldest requests until at most `MOST_SPARE` are left. */
function shrink(spare: Map<string, MadePicture[]>): void {
  const count = () => [...spare.values()].reduce((sum, pictures) => sum + pictures.length, 0);
  for (const [key, pictures] of spare) {
    if (pictures.length > 0 && count() <= MOST_SPARE) continue;
    spare.delete(key);
  }
}
