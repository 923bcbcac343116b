/** @file Folders, tables and a scorer without a model, for the tests of scoring. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClipScorer, ImageScore, PromptedImage } from "@pickapic/pickscore/scoring";
import { onTestFinished } from "vitest";

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pickapic-score-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file into a new folder and gives its path. */
export function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The number in an image's name is its score; a name without one cannot be read. */
function scoreOf({ image }: PromptedImage): ImageScore {
  const digits = typeof image === "string" ? /-?\d+(\.\d+)?(?=\D*$)/.exec(image)?.[0] : String(image[0]);
  return digits === undefined
    ? { code: "PICKAPIC_IMAGE_UNREADABLE", message: `${typeof image === "string" ? image : "picture"}: expected a picture.` }
    : { score: Number(digits) };
}

export function fakeScorer(): ClipScorer {
  const unused = () => Promise.reject(new Error("not used"));
  return {
    name: "fake",
    logitScale: 1,
    device: "cpu",
    score: unused,
    scoreEach: unused,
    scorePairs: async (pairs) => pairs.map(scoreOf),
    embedTexts: unused,
    embedImages: unused,
    embedEach: unused,
    close: async () => {},
  };
}
