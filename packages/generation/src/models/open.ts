/** @file Opens the models of a file: finds their secrets and templates, and makes a backend of each. Nothing is generated here. */

import { dirname, resolve } from "node:path";
import type { Backend, BackendModel, DailyLimit } from "../backend.ts";
import { PROGRAM_TIMES } from "../backends/serverProgram.ts";
import { KINDS } from "../backends/index.ts";
import type { KindEffects, OpenedEntry, OpenedModel } from "../backends/kind.ts";
import { checkedImage } from "../backends/picture.ts";
import { rising } from "../backends/progress.ts";
import { GenerationError } from "../errors.ts";
import { type HttpEffects, type HttpSettings, MOST_BYTES, openHttp, REAL_HTTP, type SharedLimits, sharedLimits } from "../http/client.ts";
import { rankedModel } from "../best/ranked.ts";
import { GUIDANCE_RANGE } from "../request.ts";
import { readTemplates } from "../templateFile.ts";
import type { PromptTemplate } from "../templates.ts";
import { MOST_NAME } from "./entry.ts";
import { type Fault, invalidModels, type ModelEntry, type ModelsFile } from "./file.ts";
import { filesOf, stampOf } from "./named.ts";
import { type FindSecret, openSecrets } from "./secrets.ts";

/** What models need from outside. Tests pass their own; each has a default. */
export interface ModelEffects {
  /** Where secrets are found. Default: process.env. */
  environment?: Readonly<Record<string, string | undefined>>;
  http?: HttpEffects;
  /** Loads a package that the operator has installed. Default: import. */
  load?: KindEffects["load"];
  /** Retries and delays of the HTTP layer. */
  httpSettings?: Pick<HttpSettings, "retries" | "retryDelayMs" | "longestWaitMs" | "mostBytes">;
  /** How long a server is left alone after five failures in a row, ms. */
  restMs?: number;
  /** Pause between two questions about a job, ms. Default: 500. */
  pollMs?: number;
  /** The times of a server that is started as a child program. */
  programTimes?: Partial<KindEffects["programTimes"]>;
}

/** An opened model: its backend, and everything that its opening depended on, so that it need not be opened again while that is the same. */
export interface OpenedBackend {
  backend: Backend;
  made: string;
}

/** The limits of each server by its address. They stay while the file changes. */
export type LimitsByServer = Map<string, SharedLimits>;

/** How long one request may take by default, s. */
const TIMEOUT_SECONDS = 240;

/**
 * Opens every model of a file. Models that have not changed since `before` are taken from it.
 * @param source path of the file: relative paths in it start at its folder
 * @throws GenerationError PICKAPIC_MODELS_FILE_*, PICKAPIC_TEMPLATES_*. No backend needs to be closed then: none starts anything before its first request
 */
export async function openEntries(
  { models, secretsFile }: ModelsFile,
  source: string,
  limits: LimitsByServer,
  before: readonly OpenedBackend[],
  effects: ModelEffects,
): Promise<OpenedBackend[]> {
  const folder = dirname(resolve(source));
  const { environment = process.env } = effects;
  const findSecret = await openSecrets(secretsFile && resolve(folder, secretsFile), environment);
  const faults = models.flatMap((entry) => secretFault(entry, findSecret) ?? []);
  if (faults.length > 0) throw invalidModels(source, faults);
  const opened: OpenedBackend[] = [];
  for (const entry of models) {
    const key = entry.fields.key && findSecret(entry.fields.key);
    const stamp = await stampOf(filesOf(entry, source));
    const made = JSON.stringify([entry.kind, entry.target, entry.name, entry.fields, key, stamp]);
    const same = before.find((each) => each.made === made);
    opened.push(same ?? { made, backend: await openEntry(entry, { key, folder, source, limits, effects }) });
  }
  refuseTwice(models, opened, source);
  return opened;
}

/** Refuses two models of one name. A folder of pictures names its models itself. */
function refuseTwice(entries: readonly ModelEntry[], opened: readonly OpenedBackend[], source: string): void {
  const seen = new Set<string>();
  const faults = opened.flatMap(({ backend }, i) =>
    backend.models.flatMap(({ name }): Fault[] => {
      const isTwice = seen.has(name);
      seen.add(name);
      const what = `another entry has a model called "${name}" as well: give each a name of its own`;
      return isTwice ? [{ line: entries[i]?.line ?? 1, field: "name", what }] : [];
    }),
  );
  if (faults.length > 0) throw invalidModels(source, faults);
}

function secretFault({ fields, line }: ModelEntry, findSecret: FindSecret): Fault | null {
  if (fields.key === undefined || findSecret(fields.key) !== undefined) return null;
  return { line, field: "key", what: `the secret ${fields.key} is set neither in the environment nor in a secrets file` };
}

interface Opening {
  key: string | undefined;
  folder: string;
  source: string;
  limits: LimitsByServer;
  effects: ModelEffects;
}

async function openEntry(entry: ModelEntry, opening: Opening): Promise<Backend> {
  const { kind, target, name, fields, line } = entry;
  const { model: known, settings = {}, timeoutSeconds = TIMEOUT_SECONDS } = fields;
  const described = await describe(entry, opening);
  const timeoutMs = timeoutSeconds * 1000;
  const opened: OpenedEntry = { name, target, model: known, key: opening.key, settings, own: fields, timeoutMs };
  const inFile = (field: string, what: string) => invalidModels(opening.source, [{ line, field, what }]);
  const ready = await KINDS[kind].open(opened, kindEffects(entry, timeoutMs, opening, inFile));
  if (ready.pictures && fields.ranked) throw inFile("ranked", "pictures made earlier cannot be made anew, so there is no best of n of them");
  const models = ready.pictures
    ? [...ready.pictures].map(([each, pictures]) => ({ ...described, name: each, pictures }))
    : await withRankedEntry({ ...described, ...ready.lacks }, entry, opening);
  const { concurrency = KINDS[kind].concurrency } = fields;
  return backendOf(kind, models, { price: fields.price, concurrency }, ready);
}

function kindEffects(entry: ModelEntry, timeoutMs: number, opening: Opening, invalid: KindEffects["invalid"]): KindEffects {
  const { kind, target, name, fields } = entry;
  const { folder, key, limits, effects } = opening;
  const { http: httpEffects = REAL_HTTP, httpSettings = {}, pollMs = 500, restMs, load = (name) => import(name) } = effects;
  const server = `${kind} ${target}`;
  const shared = limits.get(server) ?? sharedLimits(fields.concurrency ?? KINDS[kind].concurrency, restMs);
  limits.set(server, shared);
  const headers = key === undefined ? {} : authorization(key);
  const secrets = key === undefined ? [] : [key, base64Of(key)];
  const http = openHttp({ name, address: target, headers, secrets, timeoutMs, ...httpSettings }, shared, httpEffects);
  const { environment = process.env } = effects;
  const programTimes = { ...PROGRAM_TIMES, ...effects.programTimes };
  const inSlot: KindEffects["inSlot"] = (work, signal) =>
    shared.slots.execute(work, signal).catch((error: unknown) => {
      // Work that has not begun when its caller leaves ends with an error of the limit.
      signal?.throwIfAborted();
      throw error;
    });
  return { http, folder, load, fetch: httpEffects.fetch, mostBytes: httpSettings.mostBytes ?? MOST_BYTES, environment, inSlot, pollMs, programTimes, invalid };
}

/** A key with a colon is a user and a password. */
function authorization(key: string): Record<string, string> {
  return { authorization: key.includes(":") ? `Basic ${base64Of(key)}` : `Bearer ${key}` };
}

const base64Of = (text: string): string => Buffer.from(text).toString("base64");

async function describe({ kind, name, fields, line }: ModelEntry, { folder, source }: Opening): Promise<BackendModel> {
  const { has } = KINDS[kind];
  const { title, weight, guidance, steps = null, size } = fields;
  const templates: PromptTemplate[] | undefined = fields.templates ? await readTemplates(resolve(folder, fields.templates)) : undefined;
  const perDay = limitOf(fields);
  if (perDay !== null && !(perDay.images >= 1))
    throw invalidModels(source, [{ line, field: "costPerDay", what: "expected at least the price of one image, with price beside it" }]);
  return {
    name,
    steps,
    scheduler: null,
    width: size?.width ?? null,
    height: size?.height ?? null,
    guidance: has.guidance ? (guidance ?? GUIDANCE_RANGE) : null,
    hasSeed: has.seed,
    hasNegativePrompt: has.negativePrompt,
    ...(title !== undefined && { title }),
    ...(weight !== undefined && { weight }),
    ...(templates && { templates }),
    ...(perDay && { perDay }),
  };
}

/** The model of an entry, and its ranked entry if the file asks for one. */
async function withRankedEntry(model: BackendModel, { fields, line }: ModelEntry, { folder, source }: Opening): Promise<BackendModel[]> {
  if (!fields.ranked) return [model];
  const { templates: file, ...options } = fields.ranked;
  const templates = file === undefined ? undefined : await readTemplates(resolve(folder, file));
  const ranked = rankedModel(model, { ...options, ...(templates && { templates }) });
  const refuse = (what: string) => invalidModels(source, [{ line, field: "ranked", what }]);
  if (ranked.name.length > MOST_NAME)
    throw refuse(`"${ranked.name}" has more than ${MOST_NAME} characters: give it a name of its own, {n: ${options.n}, name: ...}`);
  if (model.perDay && model.perDay.images < options.n)
    throw refuse(`one image needs ${options.n}, and on a day the model may make ${model.perDay.reason}: expected a smaller n or a higher limit`);
  return [model, ranked];
}

/** The smaller one of the limits by number and by cost. Not a number of images where a cost is given without a price. */
function limitOf({ price, imagesPerDay, costPerDay }: ModelEntry["fields"]): DailyLimit | null {
  const paid = costPerDay === undefined ? null : Math.floor(costPerDay / (price ?? Number.NaN) + 1e-9);
  if (paid !== null && !(paid > (imagesPerDay ?? Number.POSITIVE_INFINITY)))
    return { images: paid, reason: `${costPerDay}, the price of ${paid} images` };
  return imagesPerDay === undefined ? null : { images: imagesPerDay, reason: `${imagesPerDay} images` };
}

function backendOf(
  kind: string,
  models: readonly BackendModel[],
  { price, concurrency }: { price: number | undefined; concurrency: number },
  ready: OpenedModel,
): Backend {
  return {
    name: kind,
    models,
    simulated: false,
    concurrency,
    async generate(request, { acceptsPixels = false, ...options } = {}) {
      const known = models.flatMap(({ name, ranked }) => (ranked ? [] : [name]));
      if (!known.includes(request.model)) throw new GenerationError("PICKAPIC_MODEL_UNKNOWN", request.model, known.join(", "));
      const { signal, onProgress } = options;
      signal?.throwIfAborted();
      const made = await ready.generate(request, { ...options, ...(onProgress && { onProgress: rising(onProgress) }) });
      const image = await checkedImage(made, request.model, acceptsPixels);
      return price === undefined ? image : { ...image, price };
    },
    check: (signal) => ready.check(signal),
    ...(ready.close && { close: () => ready.close?.() ?? Promise.resolve() }),
  };
}
