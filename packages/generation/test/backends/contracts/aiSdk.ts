/** @file Providers of the AI SDK: the vendors' own packages talk to a server in the shape of their provider. */

import { type Contract, GOOD } from "../server.ts";
import { openaiContract } from "./openai.ts";

/** The package @ai-sdk/openai, on a server with OpenAI's images API. */
export const aiSdkContract: Contract = {
  entry: (url) => ({ aiSdk: "openai", model: "dall-e-2", key: "TEST_KEY", address: `${url}/v1`, size: "64x48" }),
  open: openaiContract.open,
};

/** The package @ai-sdk/fal: the answer has an address of the picture, which the package fetches. */
export const falContract: Contract = {
  entry: (url) => ({ aiSdk: "fal", model: "fal-ai/flux/dev", key: "TEST_KEY", address: url }),
  open:
    (picture) =>
    ({ method, path, headers }) => {
      if (path === "/picture.png") return { body: picture() };
      if (method !== "POST" || path !== "/fal-ai/flux/dev") return { status: 404, body: { detail: "no such model" } };
      if (headers.authorization !== "Key secret-of-the-test") return { status: 401, body: { detail: "bad key" } };
      return {
        body: {
          images: [{ url: `http://${headers.host}/picture.png`, width: 64, height: 48, content_type: "image/png" }],
          seed: 5,
        },
      };
    },
};

/** What a model of the AI SDK answers. */
export const PICTURE = { images: [new Uint8Array(GOOD)], warnings: [] };

/** A package of a provider that records how it is used, and answers a call with what `made` returns. */
export function packageOf(create: string, made: (options: object) => unknown = () => PICTURE) {
  const used: { given: unknown[]; models: string[]; options: object[] } = { given: [], models: [], options: [] };
  const doGenerate = async (options: object) => {
    used.options.push(options);
    return made(options);
  };
  const image = (model: string) => {
    used.models.push(model);
    return { specificationVersion: "v4", provider: "acme.image", doGenerate };
  };
  const module = { [create]: (given: unknown) => used.given.push(given) && { image } };
  return { used, module };
}
