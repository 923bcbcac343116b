/** @file A process that makes the simulations which it is asked for, one chunk at a time. */
import { type Chunk, simulateChunk } from "./work.ts";

process.on("message", async (chunk: Chunk) => process.send?.(await simulateChunk(chunk)));
