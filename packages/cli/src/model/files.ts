/** @file Lists the files that hold the weights of a model. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Checkpoint, weightKind } from "@pickapic/clip";

/** A file of weights: its name without the folder, its size, and its checksum (hexadecimal) where that was asked for. */
export interface WeightFile {
  name: string;
  bytes: number;
  sha256?: string;
}

/** Where a checkpoint's weights are, and of which kind. */
export interface StoredWeights {
  /** f32, f16, bf16, int8, or mixed */
  kind: string;
  /** One file, or several shards. */
  files: WeightFile[];
}

/**
 * Returns the files with the weights of a model.
 * @param sha256 true to read the files and add their checksums
 */
export async function weightsOf(checkpoint: Pick<Checkpoint, "tensors">, sha256 = false): Promise<StoredWeights> {
  const paths = [...new Set([...checkpoint.tensors.values()].map(({ file }) => file))].sort();
  const files: WeightFile[] = [];
  for (const path of paths) {
    const { size } = await stat(path);
    files.push({ name: basename(path), bytes: size, ...(sha256 && { sha256: await checksum(path) }) });
  }
  return { kind: weightKind(checkpoint) ?? "mixed", files };
}

async function checksum(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
