/** @file Time of one toy-world picture by size: raw pixels (as training takes them), encoded (as the app takes them), and its hidden truth. `--json`. */
import { cpus } from "node:os";
import { itemAt } from "../packages/errors/src/index.ts";
import { drawRequest, type GenerationRequest, parsePrompt } from "../packages/generation/src/index.ts";
import { describeImage, renderImage, renderPixels, sampleCaption, toyBackend } from "../packages/toyworld/src/index.ts";
import { benchOptions } from "./options/options.ts";

const options = benchOptions({ json: { type: "boolean", default: false } });

const rounds = 60;
const sizes = [64, 128, 256, 512];
/** State of a fixed random stream, so that every size is measured with the same 60 requests. */
let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

interface Row {
  what: string;
  medianMs: number;
  p95Ms: number;
  /** Mean CPU time of all threads, in ms. Other load on the machine does not lengthen it. */
  cpuMs: number;
}

async function measure(
  what: string,
  requests: readonly GenerationRequest[],
  work: (request: GenerationRequest) => unknown,
): Promise<Row> {
  for (const request of requests.slice(0, 5)) await work(request);
  const times: number[] = [];
  const before = process.cpuUsage();
  for (const request of requests) {
    const start = performance.now();
    await work(request);
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000 / requests.length;
  times.sort((a, b) => a - b);
  return { what, medianMs: itemAt(times, times.length >> 1), p95Ms: itemAt(times, Math.floor(times.length * 0.95)), cpuMs };
}

const requests = Array.from({ length: rounds }, () => drawRequest(parsePrompt(sampleCaption(random)), [toyBackend()], random));
const rows: Row[] = [await measure("describeImage", requests, describeImage)];
for (const side of sizes) {
  const sized = requests.map((request) => ({ ...request, width: side, height: side }));
  rows.push(
    await measure(`renderPixels ${side} px`, sized, renderPixels),
    await measure(`renderImage ${side} px`, sized, renderImage),
  );
}
if (options.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else {
  process.stdout.write(`${rounds} pictures each, one at a time, on ${cpus()[0]?.model} (${cpus().length} cores); ms\n`);
  process.stdout.write(`${"".padEnd(20)}${["median", "p95", "cpu mean"].map((name) => name.padStart(12)).join("")}\n`);
  for (const { what, medianMs, p95Ms, cpuMs } of rows)
    process.stdout.write(`${what.padEnd(20)}${[medianMs, p95Ms, cpuMs].map((ms) => ms.toFixed(2).padStart(12)).join("")}\n`);
}
