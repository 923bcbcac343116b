/** @file Draws toy-world JPEGs of 512 px for scoring, once, in the cache folder. */

import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mulberry32 } from "../../packages/chance/src/index.ts";
import { drawRequest, parsePrompt } from "../../packages/generation/src/index.ts";
import { renderImage, sampleCaption, toyBackend } from "../../packages/toyworld/src/index.ts";
import { CACHE } from "./models.ts";

const SIDE = 512;
const SEED = 512;

/** Paths of `count` pictures. Picture i is always the same one. */
export async function pictures(count: number, say: (what: string) => void): Promise<string[]> {
  const folder = join(CACHE, "pictures");
  await mkdir(folder, { recursive: true });
  const random = mulberry32(SEED);
  const files = Array.from({ length: count }, (_, i) => join(folder, `${i}.jpg`));
  for (const file of files) {
    const request = drawRequest(parsePrompt(sampleCaption(random)), [toyBackend()], random);
    if (existsSync(file)) continue;
    say(`drawing ${file}`);
    await writeFile(`${file}.part`, (await renderImage({ ...request, width: SIDE, height: SIDE })).bytes);
    await rename(`${file}.part`, file);
  }
  return files;
}
