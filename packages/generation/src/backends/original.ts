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
  images: z.tuple([z.string()], z.string()),
});

/** A reply of the server may hold more pictures than were asked for. At most this many are stored for later requests, over all prompts; the oldest are dropped. */
const MOST_SPARE = 64;

/** A picture that came with another one. */
interface Spare {
  /** The request that it was made for. */
  readonly key: string;
  readonly picture: MadePicture;
}

/** The original's service. It draws seed and guidance itself and tells what it drew. */
export const original: Kind = {
  about: "the original project's service",
  target: "an address such as http://10.0.0.5:8000",
  isServer: true,
  concurrency: 1,
  has: { guidance: false, steps: false, seed: false, negativePrompt: true, size: false },
  options: [],
  async open({ name, settings }, { http }) {
    /** The oldest first. */
    let spares: readonly Spare[] = [];
    return {
      async generate({ prompt, negativePrompt }, { signal }) {
        const body = { prompt, num_samples: 1, user_id: null, negative_prompt: negativePrompt, ...settings };
        const key = JSON.stringify(body);
        const spare = spares.find((each) => each.key === key);
        if (spare) {
          spares = spares.filter((each) => each !== spare);
          return spare.picture;
        }
        const { seed, gs, steps, scheduler_cls: scheduler, images } = await http.json("generate", Reply, { body, signal });
        const pictureOf = (image: string, i: number): MadePicture => ({
          bytes: pictureOfBase64(image, name),
          used: { seed, steps, scheduler, guidanceScale: gs[i] },
        });
        const [first, ...others] = images;
        const more = others.map((image, i) => ({ key, picture: pictureOf(image, i + 1) }));
        spares = [...spares, ...more].slice(-MOST_SPARE);
        return pictureOf(first, 0);
      },
      async check(signal) {
        await http.bytes("", { signal });
        return "answers";
      },
    };
  },
};
