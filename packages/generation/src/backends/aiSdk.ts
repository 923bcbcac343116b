/** @file Hosted providers through the image models of the AI SDK (ImageModelV4). The package of a provider is installed by the operator, and loaded when it is needed. */

import { messageOf } from "@pickapic/errors";
import { z } from "zod";
import type { GenerationRequest } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import { BUSY, networkReason } from "../http/client.ts";
import { RetryLater, retryAfterMs } from "../http/retryAfter.ts";
import { refusesPrompt } from "../http/said.ts";
import { memberOf, openModel, PROVIDER_NAMES } from "./aiSdkProvider.ts";
import type { Kind } from "./kind.ts";
import { pictureOfBase64 } from "./picture.ts";

const Warning = z.object({
  type: z.string(),
  feature: z.string().optional(),
  details: z.string().optional(),
  message: z.string().optional(),
});
const Result = z.object({
  images: z.array(z.union([z.string(), z.instanceof(Uint8Array)])),
  warnings: z.array(Warning).default([]),
});

/** A hosted provider, through its package of the AI SDK. It has a seed; a model without one says so in a warning. */
export const aiSdk: Kind = {
  about: "a hosted provider through the AI SDK",
  target: `a provider: ${PROVIDER_NAMES}`,
  isServer: false,
  concurrency: 4,
  has: { guidance: false, steps: false, seed: true, negativePrompt: false, size: true },
  options: ["address"],
  async open(entry, effects) {
    const { name, timeoutMs, settings } = entry;
    const { model, settingsName, key } = await openModel(entry, effects);
    return {
      generate: (request, { signal }) =>
        effects.inSlot(async () => {
          const late = AbortSignal.timeout(timeoutMs);
          const abortSignal = signal ? AbortSignal.any([signal, late]) : late;
          const options = { ...optionsOf(request), providerOptions: { [settingsName]: settings }, abortSignal };
          try {
            const { images, warnings } = Result.parse(await model.doGenerate(options));
            const [image] = images;
            const bytes = image instanceof Uint8Array ? image : pictureOfBase64(image, name);
            return { bytes, warnings: warnings.map(sentenceOf) };
          } catch (error) {
            signal?.throwIfAborted();
            if (late.aborted) throw new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, timeoutMs / 1000);
            throw failureOf(error, name, key);
          }
        }, signal),
      check: async () => `is ready: ${model.provider}. Whether the provider has the model shows with the first image.`,
    };
  },
};

const optionsOf = ({ prompt, width, height, seed }: GenerationRequest): object => ({
  prompt,
  n: 1,
  size: width === null || height === null ? undefined : `${width}x${height}`,
  seed: seed ?? undefined,
});

/** What a package says that it does not follow. Only some kinds of warnings come with a sentence. */
const sentenceOf = ({ type, feature, details, message }: z.infer<typeof Warning>): string =>
  message ?? details ?? `${feature ?? type} is not followed`;

/** The error of a call of the AI SDK, which has the status where the provider answered. */
function failureOf(error: unknown, name: string, key: string): Error {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof GenerationError) return cause;
  if (error instanceof z.ZodError)
    return new GenerationError("PICKAPIC_BACKEND_REPLY", name, "pictures as the AI SDK describes them", "something else");
  const status = memberOf(error, "statusCode");
  // The message of an error without a status may hold the address, so it is not repeated.
  if (typeof status !== "number")
    return new GenerationError("PICKAPIC_BACKEND_UNREACHABLE", name, networkReason(error)).because(error);
  if (status < 300)
    return new GenerationError("PICKAPIC_BACKEND_REPLY", name, "an answer as the AI SDK describes it", "something else");
  const said = messageOf(error).replaceAll(key, "***").slice(0, 200);
  if (refusesPrompt(status, String(memberOf(error, "responseBody"))))
    return new GenerationError("PICKAPIC_BACKEND_PROMPT", name, status, said);
  if (!BUSY.has(status))
    return new GenerationError(status >= 500 ? "PICKAPIC_BACKEND_FAILED" : "PICKAPIC_BACKEND_REFUSED", name, status, said);
  const wait = retryAfterMs(String(memberOf(memberOf(error, "responseHeaders"), "retry-after")), Date.now());
  const busy = new GenerationError("PICKAPIC_BACKEND_BUSY", name, status, said);
  return wait === null ? busy : busy.because(new RetryLater(wait));
}
