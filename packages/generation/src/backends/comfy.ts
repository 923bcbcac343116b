/** @file ComfyUI: its API v2 of jobs where there is one (npm `@comfyorg/sdk`), else the raw `/prompt` with a websocket. A workflow file has named slots. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { codeOf, messageOf, refusalOf } from "@pickapic/errors";
import { z } from "zod";
import type { GenerationRequest } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import { type ChooseOutput, rawComfy, Workflow } from "./comfyRaw.ts";
import { followJob } from "./jobs.ts";
import type { Kind, KindEffects, OpenedEntry } from "./kind.ts";

/** Which input of the workflow each setting of a request goes into, as "node.input", or which inputs, as a list of these. */
const SLOTS = ["prompt", "negativePrompt", "seed", "guidance", "steps", "width", "height"] as const;
type Slot = (typeof SLOTS)[number];

const Job = z.object({
  id: z.string(),
  status: z.enum(["queued", "running", "succeeded", "canceling", "canceled", "failed", "expired"]),
  progress: z.object({ value: z.number() }).nullish(),
  outputs: z.array(z.object({ node_id: z.string(), type: z.string(), id: z.string() })),
  error: z.object({ message: z.string(), class_type: z.string().nullish() }).nullish(),
});

/** ComfyUI with a workflow. Which settings it has is what its slots say. */
export const comfy: Kind = {
  about: "ComfyUI with a workflow",
  target: "an address such as http://127.0.0.1:8188",
  isServer: true,
  concurrency: 1,
  has: { guidance: true, steps: true, seed: true, negativePrompt: true, size: true },
  options: ["workflow", "slots", "output", "api"],
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
    const chosen = chooserOf(entry, workflow, effects);
    const make = own.api === "raw" ? rawComfy(entry, effects, chosen) : jobsOf(entry, effects, chosen);
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
function jobsOf({ name, timeoutMs }: OpenedEntry, { http, pollMs }: KindEffects, chosen: ChooseOutput) {
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
    if (status !== "succeeded") {
      const said = [error?.class_type, error?.message.slice(0, 200) ?? "nothing"].filter(Boolean).join(": ");
      throw new GenerationError("PICKAPIC_BACKEND_ENDED", name, status, said);
    }
    const images = outputs.filter(({ type }) => type === "image").map(({ node_id: node, id }) => ({ node, id }));
    const image = chosen(images);
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

/** The class of nodes that show a picture in ComfyUI and store none, such as that of a first sampler. */
const PREVIEW = "PreviewImage";
/** The class of ComfyUI's own nodes that store a picture. Nodes of extensions have others. */
const SAVE = "SaveImage";

/**
 * Returns the function that tells which output of the workflow is the picture: that of the node `output`, else that of a node which is no preview.
 * @throws GenerationError PICKAPIC_MODELS_FILE_INVALID when `output` is no node of the workflow, or is needed and not there
 */
function chooserOf({ own }: OpenedEntry, workflow: Workflow, { invalid }: KindEffects): ChooseOutput {
  const { output } = own;
  if (typeof output === "string") {
    if (!workflow[output]) throw invalid("output", `the workflow has no node ${JSON.stringify(output)}`);
    return (outputs) => outputs.find(({ node }) => node === output);
  }
  const saves = Object.keys(workflow).filter((node) => workflow[node]?.class_type === SAVE);
  if (saves.length > 1)
    throw invalid(
      "output",
      `the workflow stores pictures in the nodes ${saves.join(", ")}: say which is shown, as output: ${saves.at(-1)}`,
    );
  const first = (outputs: readonly { node: string }[], is: (kind: string | undefined) => boolean) =>
    outputs.findIndex(({ node }) => is(workflow[node]?.class_type));
  return (outputs) =>
    outputs[first(outputs, (kind) => kind === SAVE)] ?? outputs[first(outputs, (kind) => kind !== PREVIEW)] ?? outputs[0];
}

/** Checks that every slot is an input of the workflow, and that the prompt has one. */
function slotsOf(
  { own }: OpenedEntry,
  workflow: Workflow,
  { invalid }: KindEffects,
): Partial<Record<Slot, [node: string, input: string][]>> {
  const given: Readonly<Record<string, unknown>> = typeof own.slots === "object" && own.slots !== null ? { ...own.slots } : {};
  const slots: Partial<Record<Slot, [string, string][]>> = {};
  const names: readonly string[] = SLOTS;
  for (const [name, where] of Object.entries(given)) {
    const slot = SLOTS.find((each) => each === name);
    if (!slot) throw invalid("slots", `there is no slot "${name}"; the slots are ${names.join(", ")}`);
    slots[slot] = [where].flat().map((place) => {
      const [node = "", input = ""] = String(place).split(/\.(.*)/s);
      if (!workflow[node] || !(input in workflow[node].inputs))
        throw invalid("slots", `${name}: expected "node.input" of the workflow; it has no input ${JSON.stringify(place)}`);
      return [node, input];
    });
  }
  if (!slots.prompt) throw invalid("slots", `expected at least a slot for the prompt, such as {prompt: "6.text"}`);
  return slots;
}

/** A copy of the workflow with the settings of the request in its slots. */
function filled(workflow: Workflow, slots: ReturnType<typeof slotsOf>, request: GenerationRequest): Workflow {
  const { guidanceScale: guidance, ...settings } = request;
  const values = { ...settings, guidance };
  const copy = structuredClone(workflow);
  for (const slot of SLOTS)
    for (const [node, input] of slots[slot] ?? []) {
      const value = values[slot];
      const target = copy[node];
      if (target && value !== null) target.inputs[input] = value;
    }
  return copy;
}
