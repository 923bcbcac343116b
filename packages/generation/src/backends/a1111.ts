/** @file AUTOMATIC1111's web UI, Forge, and stable-diffusion.cpp's server in their shape: `POST /sdapi/v1/txt2img`. */

import { setTimeout as wait } from "node:timers/promises";
import { jsonOf } from "@pickapic/errors";
import { z } from "zod";
import type { GenerationRequest, UsedSettings } from "../backend.ts";
import type { HttpClient } from "../http/client.ts";
import type { Kind, OpenedEntry } from "./kind.ts";
import { pictureOfBase64 } from "./picture.ts";

const Reply = z.object({ images: z.array(z.string()), info: z.string().nullish() });
const Progress = z.object({ progress: z.number() });
const Checkpoints = z.array(z.object({ title: z.string(), model_name: z.string() }));

/** The settings that were used, as the text `info` has them. A field of another kind is left out alone. stable-diffusion.cpp leaves the text empty. */
const Info = z.object({
  seed: z.int().nonnegative().optional().catch(undefined),
  cfg_scale: z.number().optional().catch(undefined),
  steps: z.int().optional().catch(undefined),
  sampler_name: z.string().optional().catch(undefined),
});

/** A server with the API of AUTOMATIC1111. */
export const a1111: Kind = {
  about: "AUTOMATIC1111, Forge, or another server with their API",
  target: "an address such as http://127.0.0.1:7860",
  isServer: true,
  concurrency: 1,
  has: { guidance: true, steps: true, seed: true, negativePrompt: true, size: true },
  options: [],
  async open(entry, { http, pollMs }) {
    const { name, model } = entry;
    return {
      async generate(request, { signal, onProgress }) {
        const ended = new AbortController();
        const onSent = () => {
          if (onProgress) follow(http, onProgress, ended.signal, pollMs).catch(() => undefined);
          signal?.addEventListener("abort", () => void interrupt(http), { signal: ended.signal });
        };
        try {
          const { images, info } = await http.json("sdapi/v1/txt2img", Reply, { body: bodyOf(request, entry), signal, onSent });
          return { bytes: pictureOfBase64(images[0], name), used: usedIn(info) };
        } finally {
          ended.abort();
        }
      },
      async check(signal) {
        const found = await http.json("sdapi/v1/sd-models", Checkpoints, { signal });
        const names = found.map(({ model_name }) => model_name);
        if (model === undefined || found.some((each) => each.title === model || each.model_name === model))
          return `answers, with ${names.length} checkpoints`;
        return `answers, and does not list the checkpoint "${model}" among ${names.slice(0, 20).join(", ") || "none"}`;
      },
    };
  },
};

function bodyOf(
  { prompt, negativePrompt, width, height, steps, guidanceScale, seed }: GenerationRequest,
  { model, settings }: OpenedEntry,
) {
  return {
    prompt,
    negative_prompt: negativePrompt ?? "",
    batch_size: 1,
    seed: seed ?? -1,
    ...(width !== null && { width }),
    ...(height !== null && { height }),
    ...(steps !== null && { steps }),
    ...(guidanceScale !== null && { cfg_scale: guidanceScale }),
    ...(model !== undefined && {
      override_settings: { sd_model_checkpoint: model },
      override_settings_restore_afterwards: false,
    }),
    ...settings,
  };
}

/**
 * Reports the progress of the server again and again. A question that fails is left out.
 * @throws AbortError when the request has ended
 */
async function follow(
  http: HttpClient,
  onProgress: (fraction: number) => void,
  ended: AbortSignal,
  pollMs: number,
): Promise<never> {
  for (;;) {
    await wait(pollMs, undefined, { signal: ended });
    const told = await http.json("sdapi/v1/progress", Progress, { signal: ended, isBeside: true }).catch(() => null);
    if (told) onProgress(told.progress);
  }
}

/**
 * Tells the server to stop what it draws now. The API names no request, so a server that draws for others as well may stop theirs.
 * It is no loss when that fails: the picture is then drawn in vain.
 */
const interrupt = (http: HttpClient): Promise<unknown> =>
  http.bytes("sdapi/v1/interrupt", { method: "POST", body: {}, isBeside: true }).catch(() => undefined);

function usedIn(info: string | null | undefined): UsedSettings {
  const { data } = Info.safeParse(info ? jsonOf(info) : undefined);
  return {
    ...(data?.seed !== undefined && { seed: data.seed }),
    ...(data?.cfg_scale !== undefined && { guidanceScale: data.cfg_scale }),
    ...(data?.steps !== undefined && { steps: data.steps }),
    ...(data?.sampler_name !== undefined && { scheduler: data.sampler_name }),
  };
}
