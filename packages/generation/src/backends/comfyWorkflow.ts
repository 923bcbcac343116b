/** @file A workflow of ComfyUI: the inputs that the settings of a request go into, and the output that is the picture. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fieldOf, jsonOf, refusalOf } from "@pickapic/errors";
import { z } from "zod";
import type { GenerationRequest } from "../backend.ts";
import type { KindEffects, OpenedEntry } from "./kind.ts";

/** Checks a workflow in ComfyUI's API format. */
const Workflow = z.record(z.string(), z.looseObject({ class_type: z.string(), inputs: z.record(z.string(), z.unknown()) }));
/** A workflow in ComfyUI's API format: nodes by their ids. */
export type Workflow = z.infer<typeof Workflow>;

/** The settings of a request that may go into inputs of a workflow. */
const SLOTS = ["prompt", "negativePrompt", "seed", "guidance", "steps", "width", "height"] as const;
type Slot = (typeof SLOTS)[number];
/** The inputs that a setting goes into. */
type Slots = ReadonlyMap<Slot, readonly (readonly [node: string, input: string])[]>;

/** Returns the output that is the picture of an image, among those of all nodes of the workflow. */
export type ChooseOutput = <T extends { node: string }>(outputs: readonly T[]) => T | undefined;

/** A workflow as an entry of the file of models uses it. */
export interface OpenedWorkflow {
  slots: Slots;
  /** Number of nodes. */
  nodes: number;
  chosen: ChooseOutput;
  /** Returns a copy of the workflow with the settings of a request in its slots. A setting that is null is left as the workflow has it. */
  filled(request: GenerationRequest): Workflow;
}

/**
 * Reads the workflow of an entry.
 * @throws GenerationError PICKAPIC_MODELS_FILE_INVALID when it cannot be read, or the slots or the output of the entry are not in it
 */
export async function openWorkflow(entry: OpenedEntry, effects: KindEffects): Promise<OpenedWorkflow> {
  const workflow = await readWorkflow(entry, effects);
  const slots = slotsOf(entry, workflow, effects);
  const nodes = Object.keys(workflow).length;
  return { slots, nodes, chosen: chooserOf(entry, workflow, effects), filled: (request) => filled(workflow, slots, request) };
}

async function readWorkflow({ own }: OpenedEntry, { folder, invalid }: KindEffects): Promise<Workflow> {
  if (own.workflow === undefined)
    throw invalid("workflow", "expected the path of a workflow in ComfyUI's API format (Workflow > Export (API))");
  const file = resolve(folder, own.workflow);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw invalid("workflow", `${file} cannot be read (${refusalOf(error)})`);
  });
  const { data = {} } = Workflow.safeParse(jsonOf(text));
  if (Object.keys(data).length > 0) return data;
  throw invalid("workflow", `${file} is no workflow in ComfyUI's API format: export it with Workflow > Export (API)`);
}

/** Checks that every slot names inputs of the workflow, and that the prompt has one. */
function slotsOf({ own }: OpenedEntry, workflow: Workflow, { invalid }: KindEffects): Slots {
  const slots = new Map<Slot, (readonly [string, string])[]>();
  for (const [name, where] of Object.entries(own.slots ?? {})) {
    const slot = SLOTS.find((each) => each === name);
    if (!slot) throw invalid("slots", `there is no slot "${name}"; the slots are ${SLOTS.join(", ")}`);
    const inputs = [where].flat().map((place) => {
      const dot = place.indexOf(".");
      const [node, input] = [place.slice(0, dot), place.slice(dot + 1)] as const;
      if (Object.hasOwn(workflow[node]?.inputs ?? {}, input)) return [node, input] as const;
      throw invalid("slots", `${name}: expected "node.input" of the workflow; it has no input ${JSON.stringify(place)}`);
    });
    slots.set(slot, inputs);
  }
  if (!slots.has("prompt")) throw invalid("slots", `expected at least a slot for the prompt, such as {prompt: "6.text"}`);
  return slots;
}

function filled(workflow: Workflow, slots: Slots, { guidanceScale, ...others }: GenerationRequest): Workflow {
  const values = { ...others, guidance: guidanceScale };
  const copy = structuredClone(workflow);
  for (const [slot, inputs] of slots)
    for (const [node, input] of inputs) if (values[slot] !== null) fieldOf(copy, node).inputs[input] = values[slot];
  return copy;
}

/** The class of nodes that show a picture in ComfyUI and store none, such as that of a first sampler. */
const PREVIEW = "PreviewImage";
/** The class of ComfyUI's own nodes that store a picture. Nodes of extensions have others. */
const SAVE = "SaveImage";

/** Returns the function that finds the picture: the output of the node `output` of the entry, else of a node which is no preview. */
function chooserOf({ own: { output } }: OpenedEntry, workflow: Workflow, { invalid }: KindEffects): ChooseOutput {
  if (output !== undefined) {
    if (!Object.hasOwn(workflow, output)) throw invalid("output", `the workflow has no node ${JSON.stringify(output)}`);
    return (outputs) => outputs.find(({ node }) => node === output);
  }
  const kindOf = (node: string) => workflow[node]?.class_type;
  const saves = Object.keys(workflow).filter((node) => kindOf(node) === SAVE);
  if (saves.length > 1) {
    const which = `say which is shown, as output: ${saves.at(-1)}`;
    throw invalid("output", `the workflow stores pictures in the nodes ${saves.join(", ")}: ${which}`);
  }
  return (outputs) =>
    outputs.find(({ node }) => kindOf(node) === SAVE) ?? outputs.find(({ node }) => kindOf(node) !== PREVIEW) ?? outputs[0];
}

/** What the node said that failed, in at most 200 characters after its class; "nothing" when it said nothing. */
export function failureText(kind: string | null | undefined, message: string | undefined): string {
  const text = message?.replace(/\s+/g, " ").trim().slice(0, 200) || "nothing";
  return kind ? `${kind}: ${text}` : text;
}
