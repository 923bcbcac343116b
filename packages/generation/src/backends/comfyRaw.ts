/** @file ComfyUI without its API v2: `POST /prompt`, a websocket that tells how far it is, `/history/{id}` and `/view`. Comfy promises no compatibility of these. */

import { randomUUID } from "node:crypto";
import { jsonOf } from "@pickapic/errors";
import { z } from "zod";
import type { GenerateOptions } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import { addressOf } from "../http/client.ts";
import { followJob } from "./jobs.ts";
import type { KindEffects, MadePicture, OpenedEntry } from "./kind.ts";

/** Checks a workflow in ComfyUI's API format. */
export const Workflow = z.record(
  z.string(),
  z.looseObject({ class_type: z.string(), inputs: z.record(z.string(), z.unknown()) }),
);
/** A workflow in ComfyUI's API format: nodes by their ids. */
export type Workflow = z.infer<typeof Workflow>;

const Queued = z.object({ prompt_id: z.string() });
const Image = z.object({ filename: z.string(), subfolder: z.string(), type: z.string() });
const Entry = z.object({
  outputs: z.record(z.string(), z.looseObject({ images: z.array(Image).optional() })),
  status: z.looseObject({ status_str: z.string(), messages: z.array(z.unknown()).optional() }).optional(),
});
const Failure = z.tuple([
  z.literal("execution_error"),
  z.object({ exception_message: z.string(), node_type: z.string().optional() }),
]);
const History = z.record(z.string(), Entry);
const Told = z.object({ type: z.literal("progress"), data: z.object({ value: z.number(), max: z.number().positive() }) });

/** Returns the output that is the picture of an image, among those of all nodes of the workflow. */
export type ChooseOutput = <T extends { node: string }>(outputs: readonly T[]) => T | undefined;

/** Returns a function that makes a picture of a filled workflow. */
export function rawComfy({ name, target, timeoutMs }: OpenedEntry, { http, pollMs }: KindEffects, chosen: ChooseOutput) {
  return async (
    workflow: Workflow,
    { signal, onProgress }: Pick<GenerateOptions, "signal" | "onProgress">,
  ): Promise<MadePicture> => {
    const client = randomUUID();
    const socket = onProgress && followProgress(target, client, onProgress);
    try {
      const { prompt_id: id } = await http.json("prompt", Queued, {
        body: { prompt: workflow, client_id: client },
        signal,
        hasSlot: true,
      });
      const job = {
        ask: async () => (await http.json(`history/${encodeURIComponent(id)}`, History, { signal, hasSlot: true }))[id],
        hasEnded: (entry: z.infer<typeof Entry> | undefined) => entry !== undefined,
        cancel: async () => {
          await http.bytes("queue", { body: { delete: [id] }, isBeside: true });
          await http.bytes("interrupt", { body: { prompt_id: id }, isBeside: true });
        },
      };
      const late = () => new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, timeoutMs / 1000);
      const entry = await followJob(job, { pollMs, timeoutMs, signal, late });
      const { outputs = {}, status } = entry ?? {};
      const made = Object.entries(outputs).flatMap(([node, { images = [] }]) => images.map((image) => ({ node, image })));
      const image = chosen(made)?.image;
      if (!image)
        throw new GenerationError("PICKAPIC_BACKEND_ENDED", name, status?.status_str ?? "no output", failureIn(status?.messages));
      return { bytes: await http.bytes(`view?${new URLSearchParams(image)}`, { signal, hasSlot: true }) };
    } finally {
      socket?.close();
    }
  };
}

/** What the node said that failed, from the messages of a history; "nothing" when none is there. */
function failureIn(messages: readonly unknown[] = []): string {
  for (const message of messages) {
    const { data } = Failure.safeParse(message);
    if (!data) continue;
    const [, { exception_message, node_type }] = data;
    const text = exception_message.replace(/\s+/g, " ").trim().slice(0, 200);
    return node_type === undefined ? text : `${node_type}: ${text}`;
  }
  return "nothing";
}

/** Tells the progress that the server sends. A websocket that fails is no loss: the picture comes without it. */
function followProgress(target: string, client: string, onProgress: (fraction: number) => void): WebSocket {
  const socket = new WebSocket(addressOf(target, `ws?clientId=${client}`).replace(/^http/, "ws"));
  socket.addEventListener("message", ({ data }) => {
    // Frames of bytes are previews. A text that is no JSON, or tells something else, is passed over.
    const { data: told } = Told.safeParse(typeof data === "string" ? jsonOf(data) : null);
    if (told) onProgress(told.data.value / told.data.max);
  });
  socket.addEventListener("error", () => {});
  return socket;
}
