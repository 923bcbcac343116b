/** @file A child process that does one task with ViT-H/14 and reports its peak memory. */
import { readFile } from "node:fs/promises";
import { itemAt } from "../../packages/errors/src/index.ts";
import { type ExampleSource, loadScorer, trainPickScore } from "../../packages/pickscore/src/index.ts";
import type { Peak, Task } from "./memory.ts";

const PROMPT = "two red apples left of a cat on a blue background";
/** Pairs of the step. */
const PAIRS = 8;

process.once("message", async (task: Task) => {
  const notes: string[] = [];
  const start = performance.now();
  await (task.kind === "score" ? score(task) : train(task, notes));
  // maxRSS includes pages of memory-mapped weights while they are in memory.
  const bytes = process.resourceUsage().maxRSS * 1024;
  process.send!({ bytes, seconds: (performance.now() - start) / 1000, notes } satisfies Peak);
  process.disconnect();
});

async function score({ model, pictures }: Task): Promise<void> {
  const scorer = await loadScorer(model);
  await scorer.score(PROMPT, pictures);
  await scorer.close();
}

/** Trains one optimizer step on pairs of the pictures, and saves the run as training does. */
async function train({ model, pictures, train, memory, out }: Task, notes: string[]): Promise<void> {
  const bytes = await Promise.all(pictures.map((file) => readFile(file)));
  const examples = Array.from({ length: PAIRS }, (_, i) => {
    const [one, other] = [i % bytes.length, (i + 1) % bytes.length];
    const target = i % 2 === 0 ? ([1, 0] as const) : ([0, 1] as const);
    const images = { image0: `${one}`, image1: `${other}`, bytes0: itemAt(bytes, one), bytes1: itemAt(bytes, other) };
    return { caption: `${PROMPT}, number ${i}`, target, examplesPerPrompt: 1, ...images };
  });
  const of = (split: string) => (split === "train" ? examples : []);
  const source: ExampleSource = {
    count: (split) => of(split).length,
    async *read(split) {
      yield* of(split);
    },
    async *captions(split) {
      yield* of(split).map(({ caption }) => caption);
    },
  };
  const settings = { init: model, out, train, memory, steps: 1, batchPairs: PAIRS, temperature: "keep" as const };
  await trainPickScore(settings, { examples: source, onNote: (sentence) => notes.push(sentence) });
}
