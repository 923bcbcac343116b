/** @file What ranking adds to the time of generation, beyond the scorer's own time, with a backend that takes a stated time an image. `--json`. */
import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import sharp from "sharp";
import { randomFor } from "../packages/chance/src/index.ts";
import {
  type Backend,
  type BestOfSettings,
  bestOf,
  generateMany,
  parsePrompt,
  planBestOf,
} from "../packages/generation/src/index.ts";
import { openNamedScorer } from "../packages/pickscore/src/scorers/index.ts";
import { benchOptions } from "./options/options.ts";

const options = benchOptions({ json: { type: "boolean", default: false } });

/** The time that the backend takes for an image, ms. */
const IMAGE_MS = 500;
const IMAGES = 16;
/** Runs of each kind; they take turns. */
const RUNS = 3;
const SIDE = 512;

const random = randomFor("bench", 1);
const pixels = Buffer.from(Array.from({ length: 3 * SIDE * SIDE }, () => 96 + 64 * random()));
const bytes = new Uint8Array(
  await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer(),
);

const backendOf = (concurrency: number): Backend => ({
  name: "stated",
  simulated: false,
  concurrency,
  models: [{ name: "stated", steps: null, scheduler: null, width: SIDE, height: SIDE }],
  async generate() {
    await wait(IMAGE_MS);
    return { bytes, mediaType: "image/png", width: SIDE, height: SIDE, warnings: [] };
  },
});

/** Milliseconds that work takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

interface Row {
  what: string;
  concurrency: number;
  patience: number | undefined;
  score: BestOfSettings["score"];
}

async function measure({ concurrency, patience, score }: Row) {
  const backend = backendOf(concurrency);
  const plan = { prompt: parsePrompt("a cat"), backend, model: "stated", random };
  const alone = await timed(async () => {
    for await (const _ of generateMany(planBestOf(IMAGES, plan), { backend }));
  });
  let own = 0;
  const clocked: BestOfSettings["score"] = async (...call) => {
    const started = performance.now();
    const scores = await score(...call);
    own += performance.now() - started;
    return scores;
  };
  const ranked = await timed(() => bestOf(IMAGES, { ...plan, hold: 1, patience, score: clocked }));
  return { alone, ranked, own };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const scorer = await openNamedScorer("pickscore-toy");
// All images are alike, so chance makes the scores differ: a patience would end a run of equal scores.
const toy: BestOfSettings["score"] = async (prompt, images) =>
  (await scorer.score(prompt, images)).map((score) => score + random());
const free: BestOfSettings["score"] = async (_, images) => images.map(() => random());
// A patience that no image reaches: every image is scored before the next one starts.
const rows: Row[] = [
  { what: "no scorer's time", concurrency: 1, patience: undefined, score: free },
  { what: "pickscore-toy", concurrency: 1, patience: undefined, score: toy },
  { what: "pickscore-toy", concurrency: 4, patience: undefined, score: toy },
  { what: "pickscore-toy, --patience", concurrency: 1, patience: 1e-12, score: toy },
];
await toy("a cat", [bytes]);
const measured = rows.map(() => [] as Awaited<ReturnType<typeof measure>>[]);
for (let run = 0; run < RUNS; run++) for (const [i, row] of rows.entries()) measured[i]?.push(await measure(row));
await scorer.close();

const result = rows.map(({ what, concurrency }, i) => {
  const runs = measured[i] ?? [];
  const [alone, ranked, own] = [
    median(runs.map((run) => run.alone)),
    median(runs.map((run) => run.ranked)),
    median(runs.map((run) => run.own)),
  ];
  const shares = runs.map((run) => (run.ranked - run.alone) / run.alone);
  const beyond = runs.map((run) => (run.ranked - run.alone - run.own) / run.alone);
  return {
    what,
    concurrency,
    aloneMs: alone,
    rankedMs: ranked,
    scorerMs: own,
    added: median(shares),
    beyond: median(beyond),
    mostBeyond: Math.max(...beyond),
  };
});
const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(8);
if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  process.stdout.write(`${IMAGES} images of ${SIDE} px, ${IMAGE_MS} ms each, ${RUNS} runs in turns, medians; ${cpus()[0]?.model} (${cpus().length} cores)
scorer                      at once  alone, ms  ranked, ms  scorer's own, ms   added  beyond the scorer's  (most)\n`);
  for (const { what, concurrency, aloneMs, rankedMs, scorerMs, added, beyond, mostBeyond } of result)
    process.stdout.write(
      `${what.padEnd(27)} ${`${concurrency}`.padStart(7)} ${aloneMs.toFixed(0).padStart(10)} ${rankedMs.toFixed(0).padStart(11)} ${scorerMs.toFixed(0).padStart(17)} ${percent(added)} ${percent(beyond).padStart(20)} ${percent(mostBeyond)}\n`,
    );
}
