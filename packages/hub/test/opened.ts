/** @file A hub with a small model, and an empty cache to fetch it into. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { openHub, type TestHub } from "../../../fixtures/hub/server.ts";
import { temporaryFolder } from "../../../test/support/temporaryFolder.ts";
import { type FetchOptions, fetchModel } from "../src/fetchModel.ts";
import { parseHubName } from "../src/name.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/clip");
export const NAME = "someone/a-clip";
export const MODEL = readdirSync(join(FIXTURES, "quickgelu"))
  .filter((name) => name !== "golden.json")
  .map((name): [string, Uint8Array] => [name, readFileSync(join(FIXTURES, "quickgelu", name))]);
export const WEIGHTS = Buffer.from(new Map(MODEL).get("model.safetensors")!);
export const ETAG = createHash("sha256").update(WEIGHTS).digest("hex");
export const OTHERS: [string, Uint8Array][] = [
  ["README.md", Buffer.from("# A CLIP")],
  ["pytorch_model.bin", Buffer.alloc(1000)],
];

/** A hub with the fixture's model, an empty cache, and waits that take no time but are counted. */
export async function opened(files: ReadonlyMap<string, Uint8Array> = new Map([...MODEL, ...OTHERS])) {
  const hub = await openHub(NAME, files);
  const cache = temporaryFolder();
  const waits: number[] = [];
  const env: Record<string, string> = { HF_HUB_CACHE: cache, HF_ENDPOINT: hub.url, HF_HOME: join(cache, "home") };
  const effects: NonNullable<FetchOptions["effects"]> = { fetch, wait: async (ms) => void waits.push(ms) };
  const repository = join(cache, "models--someone--a-clip");
  const get = (more: FetchOptions & { name?: string } = {}) =>
    fetchModel(parseHubName(more.name ?? NAME)!, { env, effects, ...more });
  return { hub, env, effects, waits, repository, get, blobs: join(repository, "blobs") };
}

export const expectWhole = (folder: string) => expect(WEIGHTS.equals(readFileSync(join(folder, "model.safetensors")))).toBe(true);

export const failing = (status: number, headers: Record<string, string> = {}, only = /./): TestHub["trouble"] => {
  return ({ url }, response) => {
    if (!only.test(url!)) return false;
    response.writeHead(status, headers).end();
    return true;
  };
};
