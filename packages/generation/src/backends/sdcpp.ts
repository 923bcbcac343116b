/** @file stable-diffusion.cpp's own API of jobs: `POST /sdcpp/v1/img_gen` (its examples/server/api.md). The server can be started from here. */

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import type { GenerationRequest } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import { followJob } from "./jobs.ts";
import type { Kind, KindEffects, OpenedEntry } from "./kind.ts";
import { pictureOfBase64 } from "./picture.ts";

const Submitted = z.object({ id: z.string() });
const Job = z.object({
  status: z.enum(["queued", "generating", "completed", "failed", "cancelled"]),
  queue_position: z.number().nullish(),
  result: z.object({ images: z.array(z.object({ b64_json: z.string() })) }).nullish(),
  error: z.object({ code: z.string(), message: z.string() }).nullish(),
});
const Capabilities = z.object({ model: z.object({ name: z.string() }) });

/** How long a program that was started may take until it answers, ms. It loads its model before. */
const START_MS = 120_000;

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
    const server = startedServer(entry, effects);
    return {
      generate: (request, { signal, onProgress }) =>
        inSlot(async () => {
          await server.ready(signal);
          const { id } = await http.json("sdcpp/v1/img_gen", Submitted, { body: bodyOf(request, entry), signal, hasSlot: true });
          const path = `sdcpp/v1/jobs/${encodeURIComponent(id)}`;
          const job = {
            ask: () => http.json(path, Job, { signal, hasSlot: true }),
            hasEnded: ({ status }: z.infer<typeof Job>) => status !== "queued" && status !== "generating",
            onState: ({ status }: z.infer<typeof Job>) => onProgress?.(status === "queued" ? 0 : 0.5),
            cancel: () => http.bytes(`${path}/cancel`, { method: "POST", isBeside: true }),
          };
          const late = () => new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, timeoutMs / 1000);
          const { status, result, error } = await followJob(job, { pollMs, timeoutMs, signal, late });
          if (status !== "completed")
            throw new GenerationError("PICKAPIC_BACKEND_ENDED", name, status, error?.message.slice(0, 200) ?? "nothing");
          return { bytes: pictureOfBase64(result?.images[0]?.b64_json, name) };
        }, signal),
      async check(signal) {
        await server.ready(signal);
        const { model } = await http.json("sdcpp/v1/capabilities", Capabilities, { signal });
        return `answers, with the model ${model.name}`;
      },
      close: async () => server.stop(),
    };
  },
};

function bodyOf(
  { prompt, negativePrompt, width, height, seed, steps, guidanceScale }: GenerationRequest,
  { settings }: OpenedEntry,
): object {
  const sample = {
    ...(steps !== null && { sample_steps: steps }),
    ...(guidanceScale !== null && { guidance: { txt_cfg: guidanceScale } }),
  };
  return {
    prompt,
    negative_prompt: negativePrompt ?? "",
    seed: seed ?? -1,
    batch_count: 1,
    output_format: "png",
    ...(width !== null && { width }),
    ...(height !== null && { height }),
    ...(Object.keys(sample).length > 0 && { sample_params: sample }),
    ...settings,
  };
}

interface StartedServer {
  /** Waits until the server answers; starts it first if it has ended. */
  ready(signal: AbortSignal | undefined): Promise<void>;
  stop(): void;
}

/** The server of an entry with a program. Without one there is nothing to start. */
function startedServer({ name, own }: OpenedEntry, { http, folder, pollMs }: KindEffects): StartedServer {
  const { program, arguments: given } = own;
  if (typeof program !== "string") return { ready: async () => {}, stop: () => {} };
  const list = Array.isArray(given) ? given.map(String) : [];
  let child: ChildProcess | undefined;
  let how = "";
  const start = () => {
    how = "";
    child = spawn(program.includes("/") ? resolve(folder, program) : program, list, {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.once("error", (error) => {
      how = error.message;
    });
    child.once("exit", (code, killed) => {
      how = killed ?? `exit code ${code}`;
      child = undefined;
    });
  };
  return {
    async ready(signal) {
      if (!child) start();
      const end = performance.now() + START_MS;
      while (performance.now() < end) {
        signal?.throwIfAborted();
        if (how !== "") throw new GenerationError("PICKAPIC_BACKEND_ENDED", name, how, "what it wrote above");
        const answers = await http.bytes("sdcpp/v1/capabilities", { signal, isBeside: true }).catch(() => null);
        if (answers) return;
        await wait(pollMs);
      }
      throw new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, START_MS / 1000);
    },
    stop: () => void child?.kill(),
  };
}
