/** @file stable-diffusion.cpp's jobs, from its examples/server/api.md: the fields of a request, and a job that is queued, then generates, then is completed. */

import { type Contract, isFlag, isNumber, isObject, isText, isWhole, oneOf, unknownField } from "../server.ts";

const GUIDANCE = { txt_cfg: isNumber, img_cfg: isNumber, distilled_guidance: isNumber, slg: isObject };
const SAMPLE = {
  scheduler: isText,
  sample_method: isText,
  sample_steps: isWhole,
  eta: isNumber,
  shifted_timestep: isWhole,
  custom_sigmas: Array.isArray,
  flow_shift: isNumber,
  guidance: (value: unknown) => unknownField(value, GUIDANCE) === null,
};
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  prompt: isText,
  negative_prompt: isText,
  clip_skip: isWhole,
  width: isWhole,
  height: isWhole,
  strength: isNumber,
  seed: isWhole,
  batch_count: oneOf(1),
  auto_resize_ref_image: isFlag,
  increase_ref_index: isFlag,
  control_strength: isNumber,
  embed_image_metadata: isFlag,
  sample_params: (value) => unknownField(value, SAMPLE) === null,
  lora: Array.isArray,
  hires: isObject,
  vae_tiling_params: isObject,
  cache_mode: isText,
  cache_option: isText,
  output_format: oneOf("png", "jpeg", "webp"),
  output_compression: isWhole,
};

export const sdcppContract: Contract = {
  entry: (url) => ({ sdcpp: url, steps: 4, guidance: 5 }),
  open: (picture) => {
    const asked = new Map<string, number>();
    return ({ method, path, body }) => {
      if (method === "GET" && path === "/sdcpp/v1/capabilities")
        return { body: { model: { name: "flux.gguf", stem: "flux", path: "x" } } };
      if (method === "POST" && path === "/sdcpp/v1/img_gen") {
        const wrong = unknownField(body, FIELDS);
        if (wrong) return { status: 400, body: { error: wrong } };
        const id = `job_${asked.size}`;
        asked.set(id, 0);
        return { status: 202, body: { id, kind: "img_gen", status: "queued", created: 1, poll_url: `/sdcpp/v1/jobs/${id}` } };
      }
      const [, id = "", cancel] = /^\/sdcpp\/v1\/jobs\/([^/]+)(\/cancel)?$/.exec(path) ?? [];
      const times = asked.get(id);
      if (times === undefined) return { status: 404, body: { error: "no such job" } };
      if (method === "POST" && cancel) return { body: {} };
      asked.set(id, times + 1);
      const status = ["queued", "generating"][times] ?? "completed";
      const images = [{ index: 0, b64_json: Buffer.from(picture()).toString("base64") }];
      const result = status === "completed" ? { output_format: "png", images } : null;
      return {
        body: { id, kind: "img_gen", status, created: 1, started: null, completed: null, queue_position: 0, result, error: null },
      };
    };
  },
};
