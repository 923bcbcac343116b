/** @file What a kind of backend is: which settings it has, and how one model of it is opened. Each kind is one file of this folder. */

import type { BackendModel, GenerateOptions, GenerationRequest, MadeEarlier, UsedSettings } from "../backend.ts";
import type { GenerationError } from "../errors.ts";
import type { HttpClient } from "../http/client.ts";
import type { ProgramTimes } from "./serverProgram.ts";

/** The settings of a request that a kind of backend has. A setting that it does not have is null in requests and in the dataset. */
export interface KindSettings {
  guidance: boolean;
  steps: boolean;
  seed: boolean;
  negativePrompt: boolean;
  /** Width and height. */
  size: boolean;
}

/** The fields of an entry that its kind reads itself, as they stand in the file. Most are options of one kind alone. */
export interface OwnOptions {
  /** Absent where the file gives no name. */
  readonly name?: string | undefined;
  /** The name of the secret. */
  readonly key?: string | undefined;
  readonly workflow?: string | undefined;
  readonly slots?: Readonly<Record<string, string | string[]>> | undefined;
  readonly output?: string | undefined;
  readonly api?: "v2" | "raw" | undefined;
  readonly address?: string | undefined;
  readonly program?: string | undefined;
  readonly arguments?: readonly string[] | undefined;
  readonly manifest?: string | undefined;
}

/** One entry of the file of models, checked, with its secret. */
export interface OpenedEntry {
  /** Name of the model, for errors. */
  name: string;
  /** What the kind is pointed at: an address, a command line, a folder, or a provider. */
  target: string;
  /** The name by which the backend knows the model. */
  model: string | undefined;
  /** The secret of the backend. It must not get into an error. */
  key: string | undefined;
  /** Further fields of a request, as the backend names them. */
  settings: Readonly<Record<string, unknown>>;
  own: OwnOptions;
  timeoutMs: number;
}

/** What a kind needs from outside. */
export interface KindEffects {
  /** The HTTP layer, for the address of the entry. */
  http: HttpClient;
  /** Relative paths of the file of models start here. */
  folder: string;
  fetch: typeof fetch;
  /** Loads a package that the operator has installed. */
  load(packageName: string): Promise<unknown>;
  /** Largest answer, bytes. */
  mostBytes: number;
  /** Runs work when one of the requests that the target may have at once is free. */
  inSlot<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** The environment of a program that is started. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Pause between two questions about a job, ms. */
  pollMs: number;
  /** The times of a server that is started as a child program. */
  programTimes: Omit<ProgramTimes, "pollMs">;
  /** Makes the error for a field of the entry that is wrong in a way that only this kind knows. */
  invalid(field: string, what: string): GenerationError;
}

/** A picture as a backend made it, before it is checked. */
export interface MadePicture {
  bytes: Uint8Array;
  warnings?: readonly string[];
  used?: UsedSettings;
}

/** A model that is ready to make pictures. */
export interface OpenedModel {
  /** @throws GenerationError PICKAPIC_BACKEND_*; the reason of the signal when it is aborted */
  generate(request: GenerationRequest, options: Pick<GenerateOptions, "signal" | "onProgress">): Promise<MadePicture>;
  /** See Backend. */
  check(signal: AbortSignal): Promise<string>;
  close?(): Promise<void>;
  /** What this model lacks although its kind may have it, such as a workflow without a slot for the seed. */
  lacks?: Pick<BackendModel, "guidance" | "hasSeed" | "hasNegativePrompt">;
  /** For pictures that were made earlier: those of each model, by its name. The entry then stands for all these models. */
  pictures?: ReadonlyMap<string, MadeEarlier>;
}

/** A kind of backend. */
export interface Kind {
  /** What it is, for help and messages: "a server with OpenAI's images API". */
  about: string;
  /** What `target` is: "an address", "a command line", "a folder". */
  target: string;
  /** True if the target is an address of HTTP. */
  isServer: boolean;
  /** Requests at once where the file names no number. */
  concurrency: number;
  has: KindSettings;
  /** Options that only this kind has. */
  options: readonly string[];
  /** The files that an entry of this kind is read from, as paths that may start at the folder of the file of models. Default: none. */
  files?(entry: Pick<OpenedEntry, "target" | "own">): string[];
  /**
   * Prepares a model. Connections and programs begin with the first request, so that a model that nobody has asked need not be closed.
   * @throws GenerationError PICKAPIC_MODELS_FILE_INVALID when an option is wrong in a way that only this kind knows
   */
  open(entry: OpenedEntry, effects: KindEffects): Promise<OpenedModel>;
}
