/** @file A judge that listens, with the toy scorer and a few pictures that the tests share. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mulberry32 } from "@pickapic/chance";
import { type Judge, type JudgeCalibration, type KeyRing, openJudge } from "@pickapic/judge";
import sharp from "sharp";
import { openMetrics, type RunningJudge, startJudgeServer } from "../../src/judge/index.ts";

/** Pictures of one colour each, as PNG. */
export const PICTURES: Uint8Array[] = await Promise.all(
  ["#d02020", "#20a040", "#2040d0", "#e0d030"].map((background) =>
    sharp({ create: { width: 64, height: 48, channels: 3, background } })
      .png()
      .toBuffer(),
  ),
);

const random = mulberry32(3);
/** A calibration of the scorer colour-sharpness, not fitted to anything. */
export const CALIBRATION: JudgeCalibration = {
  format: "pickapic-judge-calibration-1",
  scorer: "colour-sharpness",
  identity: "formula 1",
  temperature: 0.5,
  bias: 0,
  votesFitted: 400,
  votesMeasured: 300,
  error: 0.02,
  errorBefore: 0.2,
  quantiles: Array.from({ length: 101 }, () => 4 * random()).sort((a, b) => a - b),
};

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
export const dataUrl = (bytes: Uint8Array): string => `data:image/png;base64,${base64(bytes)}`;

export interface JudgeHouse {
  readonly judge: Judge;
  readonly server: RunningJudge;
  readonly url: string;
  /** A folder of its own. */
  readonly folder: string;
  /** Sends a body as JSON. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: Body; headers: Headers }>;
  /** The same judge under another address, where callers need keys. */
  keyed(keys: KeyRing): Promise<RunningJudge>;
  close(): Promise<void>;
}

/** The fields of replies that the tests look at. */
export interface Body {
  readonly scorer: string;
  readonly scores: number[];
  readonly error: { readonly code: string; readonly message: string; readonly status: number };
}

/** Sends a body as JSON and reads the reply. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const sent = { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
  const reply = await fetch(url, sent);
  return { status: reply.status, body: (await reply.json()) as Body, headers: reply.headers };
}

/** Starts a judge with the toy scorer. */
export async function openJudgeHouse(): Promise<JudgeHouse> {
  const folder = await mkdtemp(join(tmpdir(), "judge-"));
  const metrics = openMetrics(false);
  const judge = await openJudge("pickscore-toy", { onBatch: metrics.onBatch, scorer: { threads: 1 } });
  const server = await startJudgeServer(judge, { host: "127.0.0.1", port: 0, keys: null, metrics });
  return {
    judge,
    server,
    url: server.url,
    folder,
    post: (path, body, headers) => post(`${server.url}${path}`, body, headers),
    keyed: (keys) => startJudgeServer(judge, { host: "127.0.0.1", port: 0, keys, metrics: openMetrics(false) }),
    async close() {
      await server.close();
      await judge.close();
      await rm(folder, { recursive: true });
    },
  };
}
