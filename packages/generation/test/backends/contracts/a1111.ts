/** @file AUTOMATIC1111's API: the fields that its /docs lists for StableDiffusionTxt2ImgProcessingAPI; any other is refused, as pydantic does there. */

import { type Contract, isFlag, isNumber, isObject, isText, isWhole, unknownField } from "../server.ts";

const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  prompt: isText,
  negative_prompt: isText,
  styles: Array.isArray,
  seed: (value) => isWhole(value) && Number(value) >= -1,
  subseed: isWhole,
  subseed_strength: isNumber,
  seed_resize_from_h: isWhole,
  seed_resize_from_w: isWhole,
  sampler_name: isText,
  scheduler: isText,
  batch_size: isWhole,
  n_iter: isWhole,
  steps: isWhole,
  cfg_scale: isNumber,
  width: isWhole,
  height: isWhole,
  restore_faces: isFlag,
  tiling: isFlag,
  do_not_save_samples: isFlag,
  do_not_save_grid: isFlag,
  eta: isNumber,
  denoising_strength: isNumber,
  override_settings: isObject,
  override_settings_restore_afterwards: isFlag,
  refiner_checkpoint: isText,
  refiner_switch_at: isNumber,
  enable_hr: isFlag,
  hr_scale: isNumber,
  hr_upscaler: isText,
  send_images: isFlag,
  save_images: isFlag,
  alwayson_scripts: isObject,
};

export const a1111Contract: Contract = {
  entry: (url) => ({ a1111: url, model: "sd_xl_base", steps: 20, guidance: 7, size: "64x48" }),
  open:
    (picture) =>
    ({ method, path, body }) => {
      if (method === "GET" && path === "/sdapi/v1/sd-models")
        return {
          body: [
            { title: "sd_xl_base [31e35c80fc]", model_name: "sd_xl_base", hash: null, sha256: null, filename: "x", config: null },
          ],
        };
      if (method === "GET" && path === "/sdapi/v1/progress")
        return { body: { progress: 0.25, eta_relative: 1, state: {}, current_image: null, textinfo: null } };
      if (method === "POST" && path === "/sdapi/v1/interrupt") return { body: {} };
      if (method !== "POST" || path !== "/sdapi/v1/txt2img") return { status: 404, body: { detail: "Not Found" } };
      const wrong = unknownField(body, FIELDS);
      if (wrong) return { status: 422, body: { detail: wrong } };
      const { seed, steps, cfg_scale } = body as Record<string, number>;
      const used = { seed: seed === -1 ? 4242 : seed, all_seeds: [seed], cfg_scale, steps, sampler_name: "DPM++ 2M" };
      return { body: { images: [Buffer.from(picture()).toString("base64")], parameters: body, info: JSON.stringify(used) } };
    },
};
