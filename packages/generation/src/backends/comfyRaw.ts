/** @file ComfyUI without its API v2: `POST /prompt`, a websocket that tells how far it is, `/history/{id}` and `/view`. Comfy promises no compatibility of these. */

import { randomUUID } from "node:crypto";
import { jsonOf } from "@pickapic/errors";
import { z } from "zod";
import { GenerationError } from "../errors.ts";
import { addressOf } from "../http/client.ts";
import { type ChooseOutput, failureText, type OpenedWorkflow } from "./comfyWorkflow.ts";
import { followJob } from "./jobs.ts";
import type { KindEffects, OpenedEntry, OpenedModel } from "./kind.ts";

const Queued = z.object({ prompt_id: z.string() });
const Image = z.object({ filename: z.string(), subfolder: z.string(), type: z.string() });
/** What happened to a workflow, such as ["execution_error", { exception_message, node_type }]. */
const Event = z.tuple([z.string(), z.object({ exception_message: z.string().optional(), node_type: z.string().optional() })]);
const Entry = z.object({
  outputs: z.record(z.string(), z.object({ images: z.array(Image).default([]) })),
  status: z.object({ status_str: z.string(), messages: z.array(Event).default([]) }).nullish(),
});
const History = z.record(z.string(), Entry);
const Told = z.object({ type: z.literal("progress"), data: z.object({ value: z.number(), max: z.number().positive() }) });

/** Returns a function that makes a picture of a filled workflow. */
export function rawComfy(
  { name, target, timeoutMs }: OpenedEntry,
  { http, pollMs }: KindEffects,
  { filled, chosen }: OpenedWorkflow,
): OpenedModel["generate"] {
  return async (request, { signal, onProgress }) => {
    const client = randomUUID();
    const socket = onProgress && followProgress(target, client, onProgress);
    try {
      const body = { prompt: filled(request), client_id: client };
      const { prompt_id: id } = await http.json("prompt", Queued, { body, signal, hasSlot: true });
      const job = {
        ask: async () => (await http.json(`history/${encodeURIComponent(id)}`, History, { signal, hasSlot: true }))[id],
        hasEnded: (entry: z.infer<typeof Entry> | undefined) => entry !== undefined,
        cancel: async () => {
          await http.bytes("queue", { body: { delete: [id] }, isBeside: true });
          await http.bytes("interrupt", { body: { prompt_id: id }, isBeside: true });
        },
      };
      const late = () => new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, timeoutMs / 1000);
      const image = pictureOf(await followJob(job, { pollMs, timeoutMs, signal, late }), chosen, name);
      return { bytes: await http.bytes(`view?${new URLSearchParams(image)}`, { signal, hasSlot: true }) };
    } finally {
      socket?.close();
    }
  };
}

/**
 * Finds the picture that a workflow made.
 * @throws GenerationError PICKAPIC_BACKEND_ENDED with the reason of the node that failed. Nodes before it may have made pictures.
 */
function pictureOf(entry: z.infer<typeof Entry> | undefined, chosen: ChooseOutput, name: string): z.infer<typeof Image> {
  const { outputs, status } = entry ?? { outputs: {}, status: null };
  const made = Object.entries(outputs).flatMap(([node, { images }]) => images.map((image) => ({ node, image })));
  const picture = chosen(made);
  if (picture && status?.status_str !== "error") return picture.image;
  const failure = status?.messages.find(([event]) => event === "execution_error")?.[1];
  const said = failureText(failure?.node_type, failure?.exception_message);
  throw new GenerationError("PICKAPIC_BACKEND_ENDED", name, status?.status_str ?? "no output", said);
}

/** Tells the progress that the server sends. A websocket that fails is no loss: the picture comes without it. */
function followProgress(target: string, client: string, onProgress: (fraction: number) => void): WebSocket {
  const socket = new WebSocket(addressOf(target, `ws?clientId=${client}`).replace("http", "ws"));
  socket.addEventListener("message", ({ data }) => {
    // Frames of bytes are previews. A text that is no JSON, or tells something else, is passed over.
    const { data: told } = Told.safeParse(jsonOf(String(data)));
    if (told) onProgress(told.data.value / told.data.max);
  });
  return socket;
}
