/** @file The packages of the AI SDK, a provider each: how one is loaded, and how it reaches its provider. */

import { codeOf } from "@pickapic/errors";
import { GenerationError } from "../errors.ts";
import { readLimited } from "../http/body.ts";
import type { KindEffects, OpenedEntry } from "./kind.ts";

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

/** The names of the providers, for messages. */
export const PROVIDER_NAMES: string = [...PROVIDERS.keys()].join(", ");

/** An image model as the AI SDK describes it (ImageModelV4), as far as it is used here. */
export interface ImageModel {
  provider: string;
  doGenerate(options: object): PromiseLike<unknown>;
}

/** A model of a provider. */
export interface ProviderModel {
  model: ImageModel;
  /** The name under which the package looks for its own settings. */
  settingsName: string;
  /** The key that the provider gets. It must not get into an error. */
  key: string;
}

/**
 * Loads the package of the provider that an entry names, and makes the model.
 * @throws GenerationError PICKAPIC_MODELS_FILE_INVALID when the entry or the package does not fit
 */
export async function openModel(
  { name, target, model, key, own }: OpenedEntry,
  { fetch, mostBytes, invalid, load }: KindEffects,
): Promise<ProviderModel> {
  const known = PROVIDERS.get(target);
  if (!known) throw invalid("aiSdk", `expected a provider: ${PROVIDER_NAMES}; got ${JSON.stringify(target.slice(0, 60))}`);
  if (model === undefined) throw invalid("model", "expected the name by which the provider knows the model");
  if (key === undefined) throw invalid("key", "expected the name of the secret with the key of the provider");
  const { package: packageName, create, keyOption = "apiKey", settings, modelsBegin = "" } = known;
  if (!model.startsWith(modelsBegin))
    throw invalid(
      "model",
      `expected a name that begins with ${modelsBegin}: the package ${packageName} has no other image models`,
    );
  const module = await load(packageName).catch((error: unknown) => {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw invalid("aiSdk", `the package ${packageName} is not installed: npm install ${packageName}`);
  });
  const options = { [keyOption]: key, fetch: guarded(fetch, name, mostBytes), ...(own.address && { baseURL: own.address }) };
  const provider = called(module, create, options);
  const opened = called(provider, "image", model);
  if (isImageModel(opened)) return { model: opened, settingsName: settings, key };
  throw invalid("aiSdk", `the package ${packageName} has no image models of version 4: npm install ${packageName}@latest`);
}

/** Follows no redirect, because the key goes to the provider alone, and cuts off answers that are too large. */
const guarded =
  (fetch: KindEffects["fetch"], name: string, mostBytes: number): KindEffects["fetch"] =>
  async (input, init) => {
    const response = await fetch(input, { ...init, redirect: "manual" });
    const { status, statusText, headers } = response;
    if (status >= 300 && status < 400) throw new GenerationError("PICKAPIC_BACKEND_REDIRECT", name, status);
    return new Response(await readLimited(response, mostBytes, name), { status, statusText, headers });
  };

/** Returns a member of an object or function from outside; undefined when there is none. */
export const memberOf = (value: unknown, name: string): unknown =>
  (typeof value === "object" && value !== null) || typeof value === "function" ? Reflect.get(value, name) : undefined;

/** Calls a method of an object or function from outside. Returns undefined when there is none. */
function called(value: unknown, name: string, argument: unknown): unknown {
  const method = memberOf(value, name);
  return typeof method === "function" ? Reflect.apply(method, value, [argument]) : undefined;
}

const isImageModel = (value: unknown): value is ImageModel =>
  memberOf(value, "specificationVersion") === "v4" && typeof memberOf(value, "doGenerate") === "function";
