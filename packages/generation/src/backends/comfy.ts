/** @file ComfyUI: its API v2 of jobs where there is one (npm `@comfyorg/sdk`), else the raw `/prompt` with a websocket. A workflow file has named slots. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { codeOf, messageOf, refusalOf } from "@pickapic/errors";
import { z } from "zod";
import type { GenerationRequest } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import { rawComfy, Workflow } from "./comfyRaw.ts";
import { followJob } from "./jobs.ts";
import type { Kind, KindEffects, OpenedEntry } from "./kind.ts";

/** Which input of the workflow each setting of a request goes into, as "node.input". */
const SLOTS = ["prompt", "negativePrompt", "seed", "guidance", "steps", "width", "height"] as const;
type Slot = (typeof SLOTS)[number];

const Job = z.object({
  id: z.string(),
  status: z.enum(["queued", "running", "succeeded", "canceling", "canceled", "failed", "expired"]),
  progress: z.object({ value: z.number() }).nullish(),
  outputs: z.array(z.object({ type: z.string(), id: z.string() })),
  error: z.object({ message: z.string() }).nullish(),
});

/** ComfyUI with a workflow. Which settings it has is what its slots say. */
export const comfy: Kind = {
  about: "ComfyUI with a workflow",
  target: "an address such as http://127.0.0.1:8188",
  isServer: true,
  concurrency: 1,
  has: { guidance: true, steps: true, seed: true, negativePrompt: true, size: true },
  options: ["workflow", "slots", "api"],
  files: ({ own }) => (typeof own.workflow === "string" ? [own.workflow] : []),
  async open(entry, effects) {
    const { name, own } = entry;
    const workflow = await readWorkflow(entry, effects);
    const slots = slotsOf(entry, workflow, effects);
    const lacks = {
      hasSeed: "seed" in slots,
      hasNegativePrompt: "negativePrompt" in slots,
      ...("guidance" in slots ? {} : { guidance: null }),
    };
    const make = own.api === "raw" ? rawComfy(entry, effects) : jobsOf(entry, effects);
    return {
      lacks,
      generate: (request, options) => effects.inSlot(() => make(filled(workflow, slots, request), options), options.signal),
      async check(signal) {
        await effects.http.bytes(own.api === "raw" ? "system_stats" : "api/v2/jobs/none", { signal }).catch((error: unknown) => {
          // A server with API v2 knows no such job; any other error is one.
          if (codeOf(error) !== "PICKAPIC_BACKEND_REFUSED" || !messageOf(error).includes("status 404")) throw error;
        });
        return `answers; the workflow of "${name}" has ${Object.keys(workflow).length} nodes`;
      },
    };
  },
};

type Options = Parameters<ReturnType<typeof rawComfy>>[1];

/** Makes a picture by a job of API v2. */
function jobsOf({ name, timeoutMs }: OpenedEntry, { http, pollMs }: KindEffects) {
  return async (workflow: Workflow, { signal, onProgress }: Options) => {
    const { id } = await http.json("api/v2/jobs", Job, { body: { workflow }, signal, hasSlot: true });
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
      throw new GenerationError("PICKAPIC_BACKEND_ENDED", name, status, error?.message.slice(0, 200) ?? "nothing");
    const image = outputs.find(({ type }) => type === "image");
    if (!image) throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "an output of type image", `${outputs.length} others`);
    return { bytes: await http.bytes(`api/v2/assets/${encodeURIComponent(image.id)}/content`, { signal, hasSlot: true }) };
  };
}

async function readWorkflow({ own }: OpenedEntry, { folder, invalid }: KindEffects): Promise<Workflow> {
  if (typeof own.workflow !== "string")
    throw invalid("workflow", "expected the path of a workflow in ComfyUI's API format (Workflow > Export (API))");
  const file = resolve(folder, own.workflow);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw invalid("workflow", `${file} cannot be read (${refusalOf(error)})`);
  });
  try {
    const { data } = Workflow.safeParse(JSON.parse(text));
    if (data && Object.keys(data).length > 0) return data;
  } catch {
    // It is said below.
  }
  throw invalid("workflow", `${file} is no workflow in ComfyUI's API format: export it with Workflow > Export (API)`);
}

/** Checks that every slot is an input of the workflow, and that the prompt has one. */
function slotsOf(
  { own }: OpenedEntry,
  workflow: Workflow,
  { invalid }: KindEffects,
): Partial<Record<Slot, [node: string, input: string]>> {
  const given: Readonly<Record<string, unknown>> = typeof own.slots === "object" && own.slots !== null ? { ...own.slots } : {};
  const slots: Partial<Record<Slot, [string, string]>> = {};
  const names: readonly string[] = SLOTS;
  for (const [name, where] of Object.entries(given)) {
    const slot = SLOTS.find((each) => each === name);
    if (!slot) throw invalid("slots", `there is no slot "${name}"; the slots are ${names.join(", ")}`);
    const [node = "", input = ""] = String(where).split(/\.(.*)/s);
    if (!workflow[node] || !(input in workflow[node].inputs))
      throw invalid("slots", `${name}: expected "node.input" of the workflow; it has no input ${JSON.stringify(where)}`);
    slots[slot] = [node, input];
  }
  if (!slots.prompt) throw invalid("slots", `expected at least a slot for the prompt, such as {prompt: "6.text"}`);
  return slots;
}

/** A copy of the workflow with the settings of the request in its slots. */
function filled(workflow: Workflow, slots: ReturnType<typeof slotsOf>, request: GenerationRequest): Workflow {
  const { guidanceScale: guidance, ...settings } = request;
  const values = { ...settings, guidance };
  const copy = structuredClone(workflow);
  for (const slot of SLOTS) {
    const [node, input] = slots[slot] ?? [];
    const value = values[slot];
    const target = node === undefined ? undefined : copy[node];
    if (target && input !== undefined && value !== null) target.inputs[input] = value;
  }
  return copy;
}
