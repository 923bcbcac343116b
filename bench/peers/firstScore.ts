/** @file Measures the time of a whole `pickapic score` command for one picture, with model and picture in the system's disk cache. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { seconds, spreadOf } from "./measure.ts";
import { modelOf } from "./models.ts";
import { pictures } from "./pictures.ts";
import type { Row, Surroundings } from "./report.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/pickapic.mjs", import.meta.url));
const MOST_SECONDS = 2;

const start = promisify(execFile);

export async function measureFirstScore({ rounds, say }: Surroundings): Promise<Row[]> {
  const model = await modelOf("vit-b-32", say);
  const [picture] = await pictures(1, say);
  say(`first score: ${rounds} starts`);
  const args = [COMMAND, "score", "--prompt", "two red apples", picture!, "--scorer", model, "--json"];
  const once = () => seconds(() => start(process.execPath, args));
  await once();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await once());
  const spread = spreadOf(times);
  const [what, measured] = ["from the command to the first score, ViT-B/32, warm cache", spread.median];
  return [{ name: "firstScore", what, asked: "under 2 s", measured, unit: "s", holds: measured < MOST_SECONDS, spread }];
}
