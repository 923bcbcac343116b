/** @file ComfyUI: its API v2 of jobs where there is one (npm `@comfyorg/sdk`), else the raw `/prompt` with a websocket. */

import { codeOf } from "@pickapic/errors";
import { z } from "zod";
import { GenerationError } from "../errors.ts";
import { rawComfy } from "./comfyRaw.ts";
import { failureText, type OpenedWorkflow, openWorkflow } from "./comfyWorkflow.ts";
import { followJob } from "./jobs.ts";
import type { Kind, KindEffects, OpenedEntry, OpenedModel } from "./kind.ts";

const Job = z.object({
  id: z.string(),
  status: z.enum(["queued", "running", "succeeded", "canceling", "canceled", "failed", "expired"]),
  progress: z.object({ value: z.number() }).nullish(),
  outputs: z.array(z.object({ node_id: z.string(), type: z.string(), id: z.string() })),
  error: z.object({ message: z.string(), class_type: z.string().nullish() }).nullish(),
});

/** What API v2 says of a job that there is not. ComfyUI itself has another answer. */
const NoJob = z.object({ error: z.object({ code: z.literal("not_found") }) });

/** ComfyUI with a workflow. Which settings it has is what its slots say. */
export const comfy: Kind = {
  about: "ComfyUI with a workflow",
  target: "an address such as http://127.0.0.1:8188",
  isServer: true,
  concurrency: 1,
  has: { guidance: true, steps: true, seed: true, negativePrompt: true, size: true },
  options: ["workflow", "slots", "output", "api"],
  files: ({ own }) => (own.workflow === undefined ? [] : [own.workflow]),
  async open(entry, effects) {
    const { name, own } = entry;
    const workflow = await openWorkflow(entry, effects);
    const { slots } = workflow;
    const make = own.api === "raw" ? rawComfy(entry, effects, workflow) : jobsOf(entry, effects, workflow);
    return {
      lacks: {
        hasSeed: slots.has("seed"),
        hasNegativePrompt: slots.has("negativePrompt"),
        ...(!slots.has("guidance") && { guidance: null }),
      },
      generate: (request, options) => effects.inSlot(() => make(request, options), options.signal),
      async check(signal) {
        if (own.api === "raw") await effects.http.bytes("system_stats", { signal });
        else await checkJobs(name, effects, signal);
        return `answers; the workflow of "${name}" has ${workflow.nodes} nodes`;
      },
    };
  },
};

/** Makes a picture by a job of API v2. */
function jobsOf(
  { name, timeoutMs }: OpenedEntry,
  { http, pollMs }: KindEffects,
  { filled, chosen }: OpenedWorkflow,
): OpenedModel["generate"] {
  return async (request, { signal, onProgress }) => {
    const { id } = await http.json("api/v2/jobs", Job, { body: { workflow: filled(request) }, signal, hasSlot: true });
    const path = `api/v2/jobs/${encodeURIComponent(id)}`;
    const job = {
      ask: () => http.json(path, Job, { signal, hasSlot: true }),
      hasEnded: ({ status }: z.infer<typeof Job>) => ["succeeded", "failed", "canceled", "expired"].includes(status),
      onState: ({ progress }: z.infer<typeof Job>) => onProgress?.(progress?.value ?? 0),
      cancel: () => http.bytes(`${path}/cancel`, { method: "POST", isBeside: true }),
    };
    const late = () => new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, timeoutMs / 1000);
    const { status, outputs, error } = await followJob(job, { pollMs, timeoutMs, signal, late });
    if (status !== "succeeded")
      throw new GenerationError("PICKAPIC_BACKEND_ENDED", name, status, failureText(error?.class_type, error?.message));
    const image = chosen(outputs.flatMap(({ node_id: node, type, id }) => (type === "image" ? [{ node, id }] : [])));
    if (!image) throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "an output of type image", `${outputs.length} others`);
    return { bytes: await http.bytes(`api/v2/assets/${encodeURIComponent(image.id)}/content`, { signal, hasSlot: true }) };
  };
}

/** Asks for a job that there is not, because API v2 has nothing else that costs nothing. */
async function checkJobs(name: string, { http }: KindEffects, signal: AbortSignal): Promise<void> {
  await http.json("api/v2/jobs/none", NoJob, { signal, accepts: 404 }).catch((error: unknown) => {
    if (codeOf(error) !== "PICKAPIC_BACKEND_REPLY") throw error;
    const came = 'a server without it: for ComfyUI itself, write "api: raw" into the file of models';
    throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "ComfyUI's API v2", came);
  });
}
