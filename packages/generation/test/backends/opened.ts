/** @file A model of models.yaml, opened as an operator wrote it, with short times and a contract server behind it. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";
import {
  type Backend,
  drawRequest,
  type GeneratedImage,
  type GenerateOptions,
  type GenerationRequest,
  parsePrompt,
} from "../../src/index.ts";
import { openRoster, type Roster } from "../../src/models/index.ts";
import type { ModelEffects } from "../../src/models/open.ts";
import { seeded } from "../toys.ts";
import { WORKFLOW } from "./contracts/comfy.ts";
import { type Answer, type Asked, type Contract, type RunningContract, startContract } from "./server.ts";

/** The value of the secret TEST_KEY. */
export const SECRET = "secret-of-the-test";

/** Effects with short times, so that a fault shows at once. */
export const FAST: ModelEffects = {
  environment: { TEST_KEY: SECRET },
  httpSettings: { retryDelayMs: 1, longestWaitMs: 50, mostBytes: 1024 * 1024 },
  pollMs: 2,
};

/** What a model needs besides its entry. */
export interface Around extends ModelEffects {
  /** Files beside the file of models. Default: a workflow.json of ComfyUI. */
  files?: Readonly<Record<string, string>>;
}

/** Opens a file of one model. It is removed, and the model is closed, when the test ends. */
export async function open(entry: object, { files = {}, ...effects }: Around = {}): Promise<Roster> {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-backend-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const all = { "workflow.json": JSON.stringify(WORKFLOW), ...files, "models.yaml": stringify({ models: [entry] }) };
  for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text);
  const roster = await openRoster(join(folder, "models.yaml"), { ...FAST, ...effects });
  onTestFinished(() => roster.close());
  return roster;
}

/** A model on a contract server. */
export interface OnServer {
  server: RunningContract;
  backend: Backend;
  /** What is drawn for the prompt "a red cat", without "dog". */
  request: GenerationRequest;
  generate(change?: Partial<GenerationRequest>, options?: GenerateOptions): Promise<GeneratedImage>;
  /** What the model's check says. */
  check(): Promise<string>;
  /** The bodies that were sent to this path. */
  bodies(path: string): unknown[];
}

/**
 * Starts a contract and opens a model on it. The server stops when the test ends.
 * @param change of the entry of the contract; undefined takes a field out
 */
export async function onServer(contract: Contract, change: object = {}, around: Around = {}): Promise<OnServer> {
  const server = await startContract(contract);
  onTestFinished(() => server.close());
  const { backends } = await open({ name: "mine", ...contract.entry(server.url), ...change }, around);
  const [backend] = backends;
  if (!backend) throw new Error("the file has one model");
  const request = drawRequest(parsePrompt("a red cat [dog]"), backends, seeded(1));
  return {
    server,
    backend,
    request,
    generate: (change, options) => backend.generate({ ...request, ...change }, options),
    check: async () => (await backend.check?.(AbortSignal.timeout(10_000))) ?? "no check",
    bodies: (path) => server.asked.flatMap((each) => (each.path === path ? [each.body] : [])),
  };
}

/** A contract whose server answers some requests in another way. @param answer undefined: as the contract does */
export const answering = (
  contract: Contract,
  answer: (asked: Asked) => Answer | undefined | Promise<Answer | undefined>,
): Contract => ({
  ...contract,
  open: (picture) => {
    const usual = contract.open(picture);
    return async (asked) => (await answer(asked)) ?? usual(asked);
  },
});
