/** @file ComfyUI: API v2 checked by the schemas of npm `@comfyorg/sdk`, and the raw API by what a workflow must be. */

import { type Job, schemas } from "@comfyorg/sdk/low";
import type { Contract } from "../server.ts";

/** A workflow in the API format, as ComfyUI exports it. */
export const WORKFLOW = {
  "3": {
    class_type: "KSampler",
    inputs: { seed: 1, steps: 20, cfg: 8, model: ["4", 0], positive: ["6", 0], negative: ["7", 0] },
  },
  "5": { class_type: "EmptyLatentImage", inputs: { width: 512, height: 512, batch_size: 1 } },
  "6": { class_type: "CLIPTextEncode", inputs: { text: "x", clip: ["4", 1] } },
  "7": { class_type: "CLIPTextEncode", inputs: { text: "", clip: ["4", 1] } },
  "9": { class_type: "SaveImage", inputs: { filename_prefix: "ComfyUI", images: ["8", 0] } },
};
export const SLOTS = { prompt: "6.text", negativePrompt: "7.text", seed: "3.seed", guidance: "3.cfg", steps: "3.steps" };

const TIME = "2026-11-27T00:00:00Z";

/** An output of a job, as the vendor's schema has it. */
export const outputOf = (id: string, node: string, type: Job["outputs"][number]["type"] = "image"): Job["outputs"][number] => ({
  node_id: node,
  name: "x.png",
  type,
  content_type: "image/png",
  size_bytes: 1,
  id,
  hash: null,
  url: "http://server/x",
  url_expires_at: TIME,
});

/** A job that was asked about so many times: queued, running, then succeeded, unless something else is said of it. */
export function jobOf(id: string, times: number, change: Partial<Job> = {}): Job {
  const status = (["queued", "running"] as const)[times] ?? "succeeded";
  const job: Job = {
    id,
    status,
    created_at: TIME,
    started_at: null,
    completed_at: null,
    expires_at: TIME,
    queue_position: null,
    progress: { value: 0.5, nodes_done: 1, nodes_total: 2 },
    outputs: status === "succeeded" ? [outputOf("asset_1", "9")] : [],
    error: null,
    urls: { self: "x", events: "x", cancel: "x" },
    ...change,
  };
  schemas.zJob.parse(job);
  return job;
}

/** ComfyUI behind its API v2. What the vendor's schema of a request does not know is refused. */
export const comfyContract: Contract = {
  entry: (url) => ({ comfy: url, workflow: "workflow.json", slots: SLOTS, steps: 4 }),
  open: (picture) => {
    const asked = new Map<string, number>();
    return ({ method, path, body }) => {
      if (method === "POST" && path === "/api/v2/jobs") {
        const { error } = schemas.zPostJobsBody.strict().safeParse(body);
        if (error) return { status: 400, body: { error: { code: "invalid", message: error.message } } };
        const id = `job_${asked.size}`;
        asked.set(id, 0);
        return { body: jobOf(id, 0) };
      }
      if (path === "/api/v2/assets/asset_1/content") return { body: picture() };
      const [, id = "", cancel] = /^\/api\/v2\/jobs\/([^/]+)(\/cancel)?$/.exec(path) ?? [];
      const times = asked.get(id);
      if (times === undefined) return { status: 404, body: { error: { code: "not_found", message: "no such job" } } };
      if (!cancel) asked.set(id, times + 1);
      return { body: jobOf(id, times) };
    };
  },
};

/** What the history tells of a workflow that was run. */
export const HISTORY = {
  prompt: [],
  outputs: { "9": { images: [{ filename: "a b.png", subfolder: "", type: "output" }] } },
  status: { status_str: "success", completed: true, messages: [["execution_start", { prompt_id: "p1", timestamp: 1 }]] },
};

/** ComfyUI without API v2: each node of a prompt has a class and inputs, and nothing else. */
export const rawComfyContract: Contract = {
  entry: (url) => ({ comfy: url, workflow: "workflow.json", slots: SLOTS, api: "raw" }),
  open: (picture) => {
    let times = 0;
    return ({ method, path, query, body }) => {
      if (path === "/system_stats") return { body: { system: {} } };
      if (method === "POST" && path === "/prompt") {
        const { prompt, client_id, ...more } = body as Record<string, unknown>;
        const nodes = Object.values((prompt ?? {}) as Record<string, object>);
        const fits = nodes.length > 0 && nodes.every((node) => Object.keys(node).sort().join() === "class_type,inputs");
        if (!fits || typeof client_id !== "string" || Object.keys(more).length > 0)
          return { status: 400, body: { error: { message: "invalid prompt" } } };
        times = 0;
        return { body: { prompt_id: "p1", number: 1, node_errors: {} } };
      }
      if (path === "/history/p1") {
        if (times++ < 2) return { body: {} };
        return { body: { p1: HISTORY } };
      }
      if (path === "/view" && query.get("filename") === "a b.png") return { body: picture() };
      return ["/queue", "/interrupt"].includes(path) ? { body: {} } : { status: 404, body: {} };
    };
  },
};
