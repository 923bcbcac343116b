/** @file Run by execution.test.ts with a software card as "webgpu": a whole training there; prints its losses and its best accuracy as JSON. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMetrics, trainPickScore } from "../src/index.ts";
import { colorExamples, examplesOf, SMALL_TRAINING, tinyClip } from "./tinyClip.ts";

const folder = await mkdtemp(join(tmpdir(), "pickscore-card-"));
const small = { ...SMALL_TRAINING, validationSplit: "validation_unique", steps: 2 } as const;
const settings = { ...small, init: await tinyClip(join(folder, "init")), out: join(folder, "run"), device: "webgpu" } as const;
const { best } = await trainPickScore(settings, { examples: examplesOf(await colorExamples(40), await colorExamples(15, 9)) });
const losses = (await readMetrics(join(settings.out, "metrics.jsonl"))).flatMap((each) => ("loss" in each ? [each.loss] : []));
await rm(folder, { recursive: true });
// A pipe is written behind the scenes: ended at once, the process would take the rest with it.
process.stdout.write(`${JSON.stringify({ losses, accuracy: best!.accuracy })}\n`, () => process.exit(0));
