/** @file Hosted providers through the image models of the AI SDK (ImageModelV4). The package of a provider is installed by the operator, and loaded when it is needed. */

import { codeOf, messageOf } from "@pickapic/errors";
import { z } from "zod";
import type { GenerationRequest } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import { RetryLater, retryAfterMs } from "../http/retryAfter.ts";
import { refusesPrompt } from "../http/said.ts";
import type { Kind, KindEffects, OpenedEntry } from "./kind.ts";
import { pictureOfBase64 } from "./picture.ts";

/** What a provider's package calls things. */
interface Provider {
  package: string;
  /** The function that makes the provider. */
  create: string;
  /** The option that takes the key. Default: apiKey. */
  keyOption?: string;
  /** The name under which the package looks for its own settings. */
  settings: string;
  /** How the names of its image models begin, where the package refuses all others. */
  modelsBegin?: string;
}

/** Provider -> its package. Names are those of the packages for AI SDK 7, which were read and called; docs/decisions.md has their versions. */
const PROVIDERS: ReadonlyMap<string, Provider> = new Map([
  ["openai", { package: "@ai-sdk/openai", create: "createOpenAI", settings: "openai" }],
  ["google", { package: "@ai-sdk/google", create: "createGoogleGenerativeAI", settings: "google", modelsBegin: "gemini-" }],
  ["fal", { package: "@ai-sdk/fal", create: "createFal", settings: "fal" }],
  ["replicate", { package: "@ai-sdk/replicate", create: "createReplicate", keyOption: "apiToken", settings: "replicate" }],
  ["black-forest-labs", { package: "@ai-sdk/black-forest-labs", create: "createBlackForestLabs", settings: "blackForestLabs" }],
  ["together", { package: "@ai-sdk/togetherai", create: "createTogetherAI", settings: "togetherai" }],
  ["fireworks", { package: "@ai-sdk/fireworks", create: "createFireworks", settings: "fireworks" }],
]);

/** An image model as the AI SDK describes it, as far as it is used here. */
interface ImageModel {
  provider: string;
  doGenerate(options: object): PromiseLike<unknown>;
}

const Result = z.object({
  images: z.array(z.union([z.string(), z.instanceof(Uint8Array)])),
  warnings: z
    .array(
      z.looseObject({
        type: z.string(),
        feature: z.string().optional(),
        details: z.string().optional(),
        message: z.string().optional(),
      }),
    )
    .default([]),
});

/** A hosted provider, through its package of the AI SDK. It has a seed; a model without one says so in a warning. */
export const aiSdk: Kind = {
  about: "a hosted provider through the AI SDK",
  target: `a provider: ${[...PROVIDERS.keys()].join(", ")}`,
  isServer: false,
  concurrency: 4,
  has: { guidance: false, steps: false, seed: true, negativePrompt: false, size: true },
  options: ["address"],
  async open(entry, effects) {
    const { name, timeoutMs, target, settings } = entry;
    const model = await openModel(entry, effects);
    const providerOptions = Object.keys(settings).length > 0 ? { [PROVIDERS.get(target)?.settings ?? target]: settings } : {};
    return {
      generate: (request, { signal }) =>
        effects.inSlot(async () => {
          const late = AbortSignal.timeout(timeoutMs);
          const either = signal ? AbortSignal.any([signal, late]) : late;
          try {
            const { images, warnings } = Result.parse(
              await model.doGenerate({ ...optionsOf(request), providerOptions, abortSignal: either }),
            );
            const [image] = images;
            const told = warnings.map(
              ({ type, feature, details, message }) => message ?? details ?? `${feature ?? type} is not followed`,
            );
            return { bytes: image instanceof Uint8Array ? image : pictureOfBase64(image, name), warnings: told };
          } catch (error) {
            signal?.throwIfAborted();
            if (late.aborted) throw new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, timeoutMs / 1000);
            throw failureOf(error, entry);
          }
        }, signal),
      check: async () => `is ready: ${model.provider}. Whether the provider has the model shows with the first image.`,
    };
  },
};

function optionsOf({ prompt, width, height, seed }: GenerationRequest): object {
  return {
    prompt,
    n: 1,
    size: width === null || height === null ? undefined : `${width}x${height}`,
    aspectRatio: undefined,
    seed: seed ?? undefined,
    files: undefined,
    mask: undefined,
  };
}

async function openModel(
  { name, target, model, key, own }: OpenedEntry,
  { fetch, mostBytes, invalid, load }: KindEffects,
): Promise<ImageModel> {
  const known = PROVIDERS.get(target);
  if (!known) throw invalid("aiSdk", `expected ${aiSdk.target}; got ${JSON.stringify(target.slice(0, 60))}`);
  if (model === undefined) throw invalid("model", "expected the name by which the provider knows the model");
  if (key === undefined) throw invalid("key", "expected the name of the secret with the key of the provider");
  const { keyOption = "apiKey", modelsBegin = "" } = known;
  if (!model.startsWith(modelsBegin))
    throw invalid(
      "model",
      `expected a name that begins with ${modelsBegin}: the package ${known.package} has no other image models`,
    );
  const module = await load(known.package).catch((error: unknown) => {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw invalid("aiSdk", `the package ${known.package} is not installed: npm install ${known.package}`);
  });
  const baseURL = typeof own.address === "string" ? own.address : undefined;
  const provider = call(entryOf(module, known.create), undefined, {
    [keyOption]: key,
    fetch: guarded(fetch, name, mostBytes),
    ...(baseURL && { baseURL }),
  });
  const opened = call(entryOf(provider, "image"), provider, model);
  if (isImageModel(opened)) return opened;
  throw invalid("aiSdk", `the package ${known.package} has no image models of version 4: npm install ${known.package}@latest`);
}

/** Follows no redirect, because the key goes to the provider alone, and cuts off answers that are too large. */
const guarded =
  (fetch: KindEffects["fetch"], name: string, mostBytes: number): KindEffects["fetch"] =>
  async (input, init) => {
    const response = await fetch(input, { ...init, redirect: "manual" });
    const { status, statusText, headers, body } = response;
    if (status >= 300 && status < 400) throw new GenerationError("PICKAPIC_BACKEND_REDIRECT", name, status);
    return new Response(body?.pipeThrough(limited(name, mostBytes)) ?? null, { status, statusText, headers });
  };

function limited(name: string, mostBytes: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let length = 0;
  return new TransformStream({
    transform(chunk, controller) {
      length += chunk.length;
      if (length <= mostBytes) controller.enqueue(chunk);
      else controller.error(new GenerationError("PICKAPIC_BACKEND_TOO_LARGE", name, Math.ceil(mostBytes / 1024 / 1024)));
    },
  });
}

const entryOf = (value: unknown, name: string): unknown =>
  (typeof value === "object" && value !== null) || typeof value === "function" ? Reflect.get(value, name) : undefined;

const call = (value: unknown, self: unknown, argument: unknown): unknown =>
  typeof value === "function" ? Reflect.apply(value, self, [argument]) : undefined;

const isImageModel = (value: unknown): value is ImageModel =>
  typeof value === "object" &&
  value !== null &&
  "doGenerate" in value &&
  "specificationVersion" in value &&
  value.specificationVersion === "v4";

/** The error of a call of the AI SDK, which has the status where the provider answered. Its message may hold an address, so it is not repeated. */
function failureOf(error: unknown, { name, key = "" }: OpenedEntry): Error {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof GenerationError) return cause;
  if (error instanceof z.ZodError)
    return new GenerationError("PICKAPIC_BACKEND_REPLY", name, "pictures as the AI SDK describes them", "something else");
  const status = entryOf(error, "statusCode");
  if (typeof status !== "number")
    return new GenerationError("PICKAPIC_BACKEND_UNREACHABLE", name, codeOf(error) ?? nameOf(error)).because(error);
  if (status >= 200 && status < 300)
    return new GenerationError("PICKAPIC_BACKEND_REPLY", name, "an answer as the AI SDK describes it", "something else");
  const said = messageOf(error)
    .replaceAll(key === "" ? "\0" : key, "***")
    .slice(0, 200);
  const body = entryOf(error, "responseBody");
  if (refusesPrompt(status, typeof body === "string" ? body : ""))
    return new GenerationError("PICKAPIC_BACKEND_PROMPT", name, status, said);
  if (status !== 429 && status !== 503)
    return new GenerationError(status >= 500 ? "PICKAPIC_BACKEND_FAILED" : "PICKAPIC_BACKEND_REFUSED", name, status, said);
  const header = entryOf(entryOf(error, "responseHeaders"), "retry-after");
  const wait = retryAfterMs(typeof header === "string" ? header : null, Date.now());
  const busy = new GenerationError("PICKAPIC_BACKEND_BUSY", name, status, said);
  return wait === null ? busy : busy.because(new RetryLater(wait));
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");
