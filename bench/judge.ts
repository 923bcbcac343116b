/**
 * @file The judge over HTTP beside the command: images a second with 64 images a request, and what a question costs beyond inference with 50
 * callers. Figures of both sides are interleaved. `npm run bench -- judge`; `--overhead`
 * measures the latter alone.
 *
 * "Beyond inference" is the time of a question at its caller less the time that it waited while the scorer was full and the time that the scorer had it:
 * sending, reading, parsing, waiting for others to fill a batch, the reply, and what the machine's other processes take of the cores meanwhile. Waiting
 * while the scorer is full is waiting for the inference of other callers, and is told apart. The scorer's time is what the web process sees: it holds the
 * way to the scoring process and back, and the decoding of the image, as the command's does. The first questions of all callers come at the same moment,
 * which is one in twenty of 1,000: the figures are told with and without them. The callers are a process of their own (bench/judgeLoad.ts). The line with fetch is the harder one, and the one measured before
 * 2026-11-28: there the callers are the process that measures, and Node's HTTP client counts as the judge's.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openScorer } from "@pickapic/pickscore";
import { scoreStream } from "@pickapic/pickscore/scoring";
import { renderImage } from "@pickapic/toyworld";
import { type Asked, type Load, type LoadReport, timesOf } from "./judgeLoad.ts";
import { benchOptions } from "./options/options.ts";

const options = benchOptions({ overhead: { type: "boolean", default: false } });
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
/** Requests of a round. */
const REQUESTS = 6;
const ROUNDS = 3;
const CALLERS = 50;
const QUESTIONS = 1_000;

const median = (values: readonly number[]): number => quantile(values, 0.5);

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Starts the command `pickapic judge serve` and waits for its address. */
async function startJudge(): Promise<{ child: ChildProcess; url: string }> {
  const command = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));
  const child = spawn(process.execPath, [command, "judge", "serve", "--port", "0", "--host", "127.0.0.1", "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of createInterface({ input: child.stdout })) return { child, url: JSON.parse(line).url };
  throw new Error("the judge did not start");
}

type Scorer = Awaited<ReturnType<typeof openScorer>>;

async function main(): Promise<void> {
  const images = await Promise.all(
    Array.from({ length: IMAGES }, async (_, seed) => (await renderImage({ ...REQUEST, seed })).bytes),
  );
  const { child, url } = await startJudge();
  const callers = fork(fileURLToPath(new URL("./judgeLoad.ts", import.meta.url)));
  const scorer = await openScorer("pickscore-toy");
  try {
    const many = bodyOf(images);
    await byCallers(callers, { url, body: many, callers: 1, questions: 1 });
    await byCommand(scorer, images, 1);
    if (!options.overhead) await rates(scorer, images, callers, { url, body: many });
    await overhead(callers, { url, body: bodyOf(images.slice(0, 1)) });
  } finally {
    await scorer.close();
    callers.kill();
    child.kill("SIGTERM");
  }
}

/** The body of a question in base64. */
function bodyOf(images: readonly Uint8Array[]): string {
  const body = JSON.stringify({ prompt: PROMPT, images: images.map((image) => Buffer.from(image).toString("base64")) });
  return Buffer.from(body).toString("base64");
}

/** Seconds in which the command's own loop scores the images `times` times. */
async function byCommand(scorer: Scorer, images: readonly Uint8Array[], times: number): Promise<number> {
  const rows = Array.from({ length: times }, () => images.map((image) => ({ prompt: PROMPT, image }))).flat();
  const start = performance.now();
  for await (const _ of scoreStream(scorer, rows));
  return (performance.now() - start) / 1000;
}

async function byCallers(callers: ChildProcess, load: Load): Promise<LoadReport> {
  callers.send(load);
  const [report] = await once(callers, "message");
  return report;
}

async function byFetch({ url, body, callers, questions }: Load): Promise<Asked[]> {
  const text = Buffer.from(body, "base64").toString();
  const asked: Asked[] = [];
  let left = questions;
  const caller = async () => {
    for (let isFirst = true; left-- > 0; isFirst = false) {
      const start = performance.now();
      const headers = { "content-type": "application/json" };
      const reply = await fetch(`${url}/api/score`, { method: "POST", headers, body: text });
      if (!reply.ok) throw new Error(await reply.text());
      await reply.arrayBuffer();
      const times = timesOf(reply.headers.get("server-timing") ?? "");
      asked.push({ totalMs: performance.now() - start, ...times, isFirst });
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return asked;
}

async function rates(
  scorer: Scorer,
  images: readonly Uint8Array[],
  callers: ChildProcess,
  load: Pick<Load, "url" | "body">,
): Promise<void> {
  const found: Record<"command" | "one caller" | "two callers", number[]> = { command: [], "one caller": [], "two callers": [] };
  const rate = (seconds: number) => (IMAGES * REQUESTS) / seconds;
  for (let round = 0; round < ROUNDS; round++) {
    found.command.push(rate(await byCommand(scorer, images, REQUESTS)));
    found["one caller"].push(rate((await byCallers(callers, { ...load, callers: 1, questions: REQUESTS })).seconds));
    found["two callers"].push(rate((await byCallers(callers, { ...load, callers: 2, questions: REQUESTS })).seconds));
  }
  for (const [name, values] of Object.entries(found)) {
    const share = values.map((value, i) => value / (found.command[i] ?? Number.NaN));
    console.log(
      `${name.padEnd(14)} ${median(values).toFixed(1).padStart(7)} images/s  ${median(share).toFixed(2)} x the command (${share.map((each) => each.toFixed(2)).join(", ")})`,
    );
  }
}

/** Processor time that the web process has taken, s; the scorer runs in a process of its own. */
async function processorSeconds(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total ([\d.e-]+)/m.exec(text)?.[1]);
}

/** What a question of one image costs beyond waiting for the scorer and its inference, ms. */
async function overhead(callers: ChildProcess, load: Pick<Load, "url" | "body">): Promise<void> {
  const alone = await byCallers(callers, { ...load, callers: 1, questions: 100 });
  const before = await processorSeconds(load.url);
  const many = await byCallers(callers, { ...load, callers: CALLERS, questions: QUESTIONS });
  const after = await processorSeconds(load.url);
  const fetched = await byFetch({ ...load, callers: CALLERS, questions: QUESTIONS });
  const beyond = ({ totalMs, queueMs, scoreMs }: Asked) => totalMs - queueMs - scoreMs;
  const line = (name: string, values: readonly number[]) =>
    console.log(
      `${name.padEnd(60)} median ${median(values).toFixed(1)} ms, p99 ${quantile(values, 0.99).toFixed(1)} ms, n ${values.length}`,
    );
  line("one caller, beyond inference", alone.asked.map(beyond));
  line(`${CALLERS} callers, beyond inference`, many.asked.map(beyond));
  line(`${CALLERS} callers, the same without their first questions`, many.asked.filter(({ isFirst }) => !isFirst).map(beyond));
  line(
    `${CALLERS} callers, waiting while the scorer was full`,
    many.asked.map(({ queueMs }) => queueMs),
  );
  line(
    `${CALLERS} callers, in the scorer`,
    many.asked.map(({ scoreMs }) => scoreMs),
  );
  line(`${CALLERS} callers with fetch, beyond inference`, fetched.map(beyond));
  console.log(
    `processor time a question: ${((1000 * (after - before)) / QUESTIONS).toFixed(2)} ms in the judge's web process, ${many.ownMs.toFixed(2)} ms in the callers'; ${(QUESTIONS / many.seconds).toFixed(0)} questions/s`,
  );
}

await main();
