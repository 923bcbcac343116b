/** @file Servers with OpenAI's images API, hosted or local: `POST images/generations` (npm `openai` 7.59, resources/images.ts). */

import { codeOf, messageOf } from "@pickapic/errors";
import { z } from "zod";
import type { GenerationRequest } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import type { Kind, OpenedEntry } from "./kind.ts";
import { pictureOfBase64 } from "./picture.ts";

/** Servers other than OpenAI's write null where a field is absent. */
const Reply = z.object({ data: z.array(z.object({ b64_json: z.string().nullish(), url: z.string().nullish() })) });
const Models = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Models that always answer in base64 and refuse a request that asks for it. A gateway may put the name of a provider before that of the model. */
const isBase64Only = (model: string | undefined): boolean => /(?:^|\/)(?:gpt-image|chatgpt-image)/.test(model ?? "");

/** True for a refusal of the field that asks for base64. A server may call such a model by a name that does not say so. */
const refusesFormat = (error: unknown): boolean =>
  codeOf(error) === "PICKAPIC_BACKEND_REFUSED" && messageOf(error).includes("response_format");

/** A server with OpenAI's images API. It has neither seed nor guidance, steps or negative prompt. */
export const openai: Kind = {
  about: "a server with OpenAI's images API, hosted or local",
  target: "an address such as http://127.0.0.1:8080/v1",
  isServer: true,
  concurrency: 4,
  has: { guidance: false, steps: false, seed: false, negativePrompt: false, size: true },
  options: [],
  async open(entry, { http }) {
    const { name, model, target } = entry;
    // An address without a path is that of the server alone.
    const root = new URL(target).pathname === "/" ? "v1/" : "";
    let asksForFormat = !isBase64Only(model);
    return {
      async generate(request, { signal }) {
        const ask = () => http.json(`${root}images/generations`, Reply, { body: bodyOf(request, entry, asksForFormat), signal });
        const { data } = await ask().catch((error: unknown) => {
          if (!refusesFormat(error)) throw error;
          asksForFormat = false;
          return ask();
        });
        const [image] = data;
        if (image?.url && !image.b64_json)
          throw new GenerationError(
            "PICKAPIC_BACKEND_REPLY",
            name,
            "a picture in base64 (b64_json)",
            "an address, which is not fetched",
          );
        return { bytes: pictureOfBase64(image?.b64_json, name) };
      },
      async check(signal) {
        const ids = (await http.json(`${root}models`, Models, { signal })).data.map(({ id }) => id);
        if (model === undefined || ids.includes(model)) return `answers, with ${ids.length} models`;
        const known = ids.slice(0, 20).join(", ") || "none";
        throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, `a server that has "${model}"`, `one that has ${known}`);
      },
    };
  },
};

/** The body of a request. What is undefined is not sent. */
function bodyOf({ prompt, width, height }: GenerationRequest, { model, settings }: OpenedEntry, asksForFormat: boolean): object {
  return {
    prompt,
    n: 1,
    model,
    ...(width !== null && height !== null && { size: `${width}x${height}` }),
    ...(asksForFormat && { response_format: "b64_json" }),
    ...(isBase64Only(model) && { output_format: "png" }),
    ...settings,
  };
}
