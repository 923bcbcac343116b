/** @file The program of the thread that computes checksums of files while they are written. */

import { createHash, type Hash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { release } from "../columns/memory.ts";
import type { DigestReply, DigestRequest } from "./digest.ts";

const hashes = new Map<number, Hash>();

function answer({ id, bytes }: DigestRequest): DigestReply {
  const hash = hashes.get(id) ?? createHash("sha256");
  hashes.set(id, hash);
  if (!bytes) return hash.digest("hex");
  hash.update(bytes);
  release(bytes.buffer);
  return undefined;
}

parentPort?.on("message", (request: DigestRequest) => parentPort?.postMessage(answer(request)));
