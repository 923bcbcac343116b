/** @file stable-diffusion.cpp's own API of jobs: `POST /sdcpp/v1/img_gen` (its examples/server/api.md). The server can be started from here. */

import { z } from "zod";
import type { GenerateOptions, GenerationRequest } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import { followJob } from "./jobs.ts";
import type { Kind, KindEffects, OpenedEntry } from "./kind.ts";
import { pictureOfBase64 } from "./picture.ts";
import { NO_PROGRAM, type ServerProgram, serverProgram } from "./serverProgram.ts";

const Submitted = z.object({ id: z.string() });
const Job = z.object({
  status: z.enum(["queued", "generating", "completed", "failed", "cancelled"]),
  queue_position: z.number().nullish(),
  result: z.object({ images: z.array(z.object({ b64_json: z.string() })) }).nullish(),
  error: z.object({ code: z.string(), message: z.string() }).nullish(),
});
const Capabilities = z.object({ model: z.object({ name: z.string() }) });

/** How long a server may take to say what it can, ms. */
const LOOK_MS = 5_000;

/** stable-diffusion.cpp's server, with its own jobs. */
export const sdcpp: Kind = {
  about: "stable-diffusion.cpp's server, with its own jobs",
  target: "an address such as http://127.0.0.1:1234",
  isServer: true,
  concurrency: 1,
  has: { guidance: true, steps: true, seed: true, negativePrompt: true, size: true },
  options: ["program", "arguments"],
  async open(entry, effects) {
    const { name, timeoutMs } = entry;
    const { http, pollMs, inSlot } = effects;
    const server = programOf(entry, effects);
    const late = () => new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, timeoutMs / 1000);
    const jobOf = async (
      request: GenerationRequest,
      signal: AbortSignal | undefined,
      onProgress: GenerateOptions["onProgress"],
    ) => {
      const { id } = await http.json("sdcpp/v1/img_gen", Submitted, { body: bodyOf(request, entry), signal, hasSlot: true });
      const path = `sdcpp/v1/jobs/${encodeURIComponent(id)}`;
      const job = {
        ask: () => http.json(path, Job, { signal, hasSlot: true }),
        hasEnded: ({ status }: z.infer<typeof Job>) => status !== "queued" && status !== "generating",
        onState: ({ status }: z.infer<typeof Job>) => onProgress?.(status === "queued" ? 0 : 0.5),
        cancel: () => http.bytes(`${path}/cancel`, { method: "POST", isBeside: true }),
      };
      return followJob(job, { pollMs, timeoutMs, signal, late });
    };
    return {
      generate: (request, { signal, onProgress }) =>
        inSlot(
          () =>
            server.during(signal, async (during) => {
              const { status, result, error } = await jobOf(request, during, onProgress);
              if (status !== "completed")
                throw new GenerationError("PICKAPIC_BACKEND_ENDED", name, status, error?.message.slice(0, 200) ?? "nothing");
              return { bytes: pictureOfBase64(result?.images[0]?.b64_json, name) };
            }),
          signal,
        ),
      check: (signal) =>
        server.during(signal, async (during) => {
          const { model } = await http.json("sdcpp/v1/capabilities", Capabilities, { signal: during });
          return `answers, with the model ${model.name}`;
        }),
      close: () => server.stop(),
    };
  },
};

/** What `settings` names of the nested fields stands beside the settings of the image, as it does at the top. A setting that is null is left to the server. */
function bodyOf(
  { prompt, negativePrompt, width, height, seed, steps, guidanceScale }: GenerationRequest,
  { settings }: OpenedEntry,
): object {
  const sample = fieldsOf(settings.sample_params);
  return {
    prompt,
    negative_prompt: negativePrompt ?? "",
    seed: seed ?? -1,
    batch_count: 1,
    output_format: "png",
    width: width ?? undefined,
    height: height ?? undefined,
    ...settings,
    sample_params: {
      sample_steps: steps ?? undefined,
      ...sample,
      guidance: { txt_cfg: guidanceScale ?? undefined, ...fieldsOf(sample.guidance) },
    },
  };
}

const fieldsOf = (value: unknown): Record<string, unknown> => (typeof value === "object" ? { ...value } : {});

/** The server of an entry with a program. Without one there is nothing to start. */
function programOf({ name, own, key }: OpenedEntry, effects: KindEffects): ServerProgram {
  const { http, folder, environment, pollMs, programTimes } = effects;
  const { program, arguments: list = [] } = own;
  if (program === undefined) return NO_PROGRAM;
  const answers = async (signal: AbortSignal | undefined) => {
    const late = AbortSignal.timeout(LOOK_MS);
    const either = signal ? AbortSignal.any([signal, late]) : late;
    return (await http.bytes("sdcpp/v1/capabilities", { signal: either, isBeside: true }).catch(() => null)) !== null;
  };
  return serverProgram({ name, program, list, folder, environment, secret: key }, { ...programTimes, pollMs }, answers);
}
