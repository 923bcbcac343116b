/** @file OpenAI's images API, from the types of npm `openai` 7.59: a field that they do not have is refused. */

import type { ImageGenerateParamsNonStreaming, ImagesResponse } from "openai/resources/images";
import type { Model } from "openai/resources/models";
import { type Contract, isNumber, isObject, isText, isWhole, oneOf, unknownField } from "../server.ts";

/** The compiler refuses this table when the vendor's type has a field more or less. */
const FIELDS: Record<keyof ImageGenerateParamsNonStreaming, (value: unknown) => boolean> = {
  prompt: isText,
  background: oneOf("transparent", "opaque", "auto"),
  complexity: oneOf("low", "medium", "high"),
  frame_count: isWhole,
  frame_duration_ms: isNumber,
  model: isText,
  moderation: oneOf("low", "auto"),
  n: oneOf(1),
  output_compression: isWhole,
  output_format: oneOf("png", "webp", "jpeg", "gif", "svg"),
  partial_images: isWhole,
  quality: oneOf("low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"),
  response_format: oneOf("url", "b64_json"),
  safety_identifier: isText,
  size: (value) => typeof value === "string" && /^(auto|\d+x\d+)$/.test(value),
  stream: oneOf(false),
  style: oneOf("vivid", "natural"),
  svg: isObject,
  user: isText,
};

export const openaiContract: Contract = {
  entry: (url) => ({ openai: `${url}/v1`, model: "flux-dev", key: "TEST_KEY", size: "64x48" }),
  open: (picture) => (asked) => {
    if (asked.headers.authorization !== "Bearer secret-of-the-test")
      return { status: 401, body: { error: { message: `Incorrect API key provided: ${asked.headers.authorization}` } } };
    if (asked.method === "GET" && asked.path === "/v1/models") {
      const data: Model[] = [{ id: "flux-dev", created: 1, object: "model", owned_by: "test" }];
      return { body: { object: "list", data } };
    }
    if (asked.method !== "POST" || asked.path !== "/v1/images/generations")
      return { status: 404, body: { error: { message: "no such path" } } };
    const wrong = unknownField(asked.body, FIELDS);
    if (wrong) return { status: 400, body: { error: { message: wrong } } };
    const body: ImagesResponse = { created: 1, data: [{ b64_json: Buffer.from(picture()).toString("base64") }] };
    return { body };
  },
};
