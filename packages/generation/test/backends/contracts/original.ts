/** @file The original project's service: the fields of its class GenImage and of its reply (github.com/yuvalkirstain/model_app, api.py). */

import { type Contract, isText, isWhole, unknownField } from "../server.ts";

const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  prompt: isText,
  num_samples: isWhole,
  user_id: (value) => value === null || isText(value),
  negative_prompt: (value) => value === null || isText(value),
};

/** The number of accelerators of the service: it makes one picture on each. */
const DEVICES = 4;

export const originalContract: Contract = {
  entry: (url) => ({ original: url }),
  open:
    (picture) =>
    ({ method, path, body }) => {
      if (method === "GET" && path === "/")
        return { body: { message: "Hello World", num_devices: DEVICES, device_type: "TPU v3" } };
      if (method !== "POST" || path !== "/generate") return { status: 404, body: { detail: "Not Found" } };
      const wrong = unknownField(body, FIELDS);
      if (wrong) return { status: 422, body: { detail: wrong } };
      const { prompt, negative_prompt, user_id } = body as Record<string, string>;
      const each = <T>(value: (i: number) => T): T[] => Array.from({ length: DEVICES }, (_, i) => value(i));
      return {
        body: {
          user_id,
          prompt: each(() => prompt),
          negative_prompt: each(() => negative_prompt),
          seed: 7,
          gs: each((i) => 5 + i),
          steps: 25,
          idx: each((i) => i),
          num_generated: DEVICES,
          scheduler_cls: "FlaxDPMSolverMultistepScheduler",
          model_id: "stabilityai/stable-diffusion-2-1",
          images: each(() => Buffer.from(picture()).toString("base64")),
        },
      };
    },
};
