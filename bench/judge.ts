/**
 * @file The judge over HTTP beside the command: images a second with 64 images a request, and what a question costs beyond inference with 50
 * callers. Figures of both sides are interleaved. `npm run bench -- judge`
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openScorer } from "@pickapic/pickscore";
import { scoreStream } from "@pickapic/pickscore/scoring";
import { renderImage } from "@pickapic/toyworld";

const PROMPT = "two red apples on a meadow";
const REQUEST = {
  prompt: PROMPT,
  negativePrompt: "",
  model: "toy-classic",
  guidanceScale: 7,
  steps: 50,
  width: 512,
  height: 512,
};
/** Images of a request. */
const IMAGES = 64;
/** Requests of a caller in one round. */
const REQUESTS = 6;
const ROUNDS = 3;
const CALLERS = 50;
const QUESTIONS = 20;

const median = (values: readonly number[]): number => quantile(values, 0.5);

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Starts the command `pickapic judge serve` and waits for its address. */
async function startJudge(): Promise<{ child: ChildProcess; url: string }> {
  const command = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));
  const child = spawn(process.execPath, [command, "judge", "serve", "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of createInterface({ input: child.stdout })) return { child, url: JSON.parse(line).url };
  throw new Error("the judge did not start");
}

async function main(): Promise<void> {
  const images = await Promise.all(
    Array.from({ length: IMAGES }, async (_, seed) => (await renderImage({ ...REQUEST, seed })).bytes),
  );
  const { child, url } = await startJudge();
  const scorer = await openScorer("pickscore-toy");
  const body = JSON.stringify({ prompt: PROMPT, images: images.map((image) => Buffer.from(image).toString("base64")) });
  try {
    await ask(url, body);
    await byCommand(scorer, images, 1);
    if (!process.argv.includes("--overhead")) await rates(scorer, images, url, body);
    await overhead(
      url,
      JSON.stringify({ prompt: PROMPT, images: [Buffer.from(images[0] ?? new Uint8Array()).toString("base64")] }),
    );
  } finally {
    await scorer.close();
    child.kill("SIGTERM");
  }
}

/** Seconds in which the command's own loop scores the images `times` times. */
async function byCommand(
  scorer: Awaited<ReturnType<typeof openScorer>>,
  images: readonly Uint8Array[],
  times: number,
): Promise<number> {
  const rows = Array.from({ length: times }, () => images.map((image) => ({ prompt: PROMPT, image }))).flat();
  const start = performance.now();
  for await (const _ of scoreStream(scorer, rows));
  return (performance.now() - start) / 1000;
}

async function ask(url: string, body: string): Promise<{ totalMs: number; waitMs: number; scoreMs: number }> {
  const start = performance.now();
  const reply = await fetch(`${url}/api/score`, { method: "POST", headers: { "content-type": "application/json" }, body });
  if (!reply.ok) throw new Error(await reply.text());
  await reply.arrayBuffer();
  const [, wait, score] = /wait;dur=([\d.]+), score;dur=([\d.]+)/.exec(reply.headers.get("server-timing") ?? "") ?? [];
  return { totalMs: performance.now() - start, waitMs: Number(wait), scoreMs: Number(score) };
}

/** Seconds in which `callers` callers ask `REQUESTS` questions in all. */
async function byJudge(url: string, body: string, callers: number): Promise<number> {
  let left = REQUESTS;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left-- > 0) await ask(url, body);
    }),
  );
  return (performance.now() - start) / 1000;
}

async function rates(
  scorer: Awaited<ReturnType<typeof openScorer>>,
  images: readonly Uint8Array[],
  url: string,
  body: string,
): Promise<void> {
  const found: Record<"command" | "one caller" | "two callers", number[]> = { command: [], "one caller": [], "two callers": [] };
  const rate = (seconds: number) => (IMAGES * REQUESTS) / seconds;
  for (let round = 0; round < ROUNDS; round++) {
    found.command.push(rate(await byCommand(scorer, images, REQUESTS)));
    found["one caller"].push(rate(await byJudge(url, body, 1)));
    found["two callers"].push(rate(await byJudge(url, body, 2)));
  }
  for (const [name, values] of Object.entries(found)) {
    const share = values.map((value, i) => value / (found.command[i] ?? Number.NaN));
    console.log(
      `${name.padEnd(14)} ${median(values).toFixed(1).padStart(7)} images/s  ${median(share).toFixed(2)} x the command (${share.map((each) => each.toFixed(2)).join(", ")})`,
    );
  }
}

/** Processor time that the web process has taken; the scorer runs in a process of its own. */
async function processorSeconds(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total ([\d.e-]+)/m.exec(text)?.[1]);
}

/** What a question of one image costs beyond waiting for the scorer and its inference, ms. */
async function overhead(url: string, body: string): Promise<void> {
  const times: number[] = [];
  const alone: number[] = [];
  for (let i = 0; i < 100; i++) {
    const { totalMs, scoreMs } = await ask(url, body);
    alone.push(totalMs - scoreMs);
  }
  const before = await processorSeconds(url);
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (let i = 0; i < QUESTIONS; i++) {
        const { totalMs, waitMs, scoreMs } = await ask(url, body);
        times.push(totalMs - waitMs - scoreMs);
      }
    }),
  );
  const after = await processorSeconds(url);
  const told = (values: readonly number[]) =>
    `median ${median(values).toFixed(1)} ms, p99 ${quantile(values, 0.99).toFixed(1)} ms, n ${values.length}`;
  console.log(`one caller, beyond inference (with the wait for a batch)   ${told(alone)}`);
  console.log(
    `processor time of the judge's web process: ${((1000 * (after - before)) / times.length).toFixed(2)} ms a question`,
  );
  console.log(`${CALLERS} callers, beyond inference and the queue                  ${told(times)}`);
}

await main();
