/** @file Time that the HTTP layer and the check of pictures add to a backend's own, and memory while a worker makes 100 images at once. `--json`. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { drawRequest, parsePrompt } from "../packages/generation/src/index.ts";
import { openRoster } from "../packages/generation/src/models/index.ts";
import { benchOptions } from "./options/options.ts";

const options = benchOptions({ json: { type: "boolean", default: false } });

/** The side of a picture, px. */
const SIDE = 512;
const ONE_BY_ONE = 100;
const AT_ONCE = 100;
const IMAGES = 1_500;
/** The time that the server takes for an image while 100 are made at once, ms. */
const SERVER_MS = 200;

/** A noisy picture, which compresses as badly as a generated one. */
const noise = Buffer.alloc(3 * SIDE * SIDE);
let state = 1;
for (let i = 0; i < noise.length; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  noise[i] = 128 + ((state >>> 24) >> 3);
}
const png = await sharp(noise, { raw: { width: SIDE, height: SIDE, channels: 3 } })
  .png()
  .toBuffer();
const body = JSON.stringify({ images: [png.toString("base64")], parameters: {}, info: '{"seed": 1}' });

let delayMs = 0;
/** What the server took for each request, from the first byte that came to the last that was sent, ms. */
const own: number[] = [];
const server = createServer((request, response) => {
  const started = performance.now();
  response.on("finish", () => own.push(performance.now() - started));
  request
    .resume()
    .on("end", () => setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(body), delayMs));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
const port = typeof address === "object" && address ? address.port : 0;

const folder = await mkdtemp(join(tmpdir(), "pickapic-bench-"));
const file = join(folder, "models.yaml");
await writeFile(file, `models:\n  - a1111: http://127.0.0.1:${port}\n    concurrency: ${AT_ONCE}\n`);
const roster = await openRoster(file);
const [backend] = roster.backends;
if (!backend) throw new Error("the file has one model");
const make = () => backend.generate(drawRequest(parsePrompt("a cat"), roster.backends, Math.random), { acceptsPixels: true });

for (let i = 0; i < 10; i++) await make();
own.length = 0;
const added: number[] = [];
const processorBefore = process.cpuUsage();
for (let i = 0; i < ONE_BY_ONE; i++) {
  const started = performance.now();
  await make();
  added.push(performance.now() - started - (own.at(-1) ?? 0));
}
added.sort((a, b) => a - b);
const { user, system } = process.cpuUsage(processorBefore);

delayMs = SERVER_MS;
const memory: number[] = [];
let made = 0;
const started = performance.now();
async function hand(): Promise<void> {
  while (made < IMAGES) {
    made++;
    await make();
    memory.push(process.memoryUsage().rss / 1024 / 1024);
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, hand));
const seconds = (performance.now() - started) / 1000;
const third = Math.floor(memory.length / 3);
const most = (from: number, to: number) => Math.round(Math.max(...memory.slice(from, to)));

const result = {
  addedMs: {
    median: added[added.length >> 1],
    p95: added[Math.floor(added.length * 0.95)],
    processor: (user + system) / 1000 / ONE_BY_ONE,
  },
  atOnce: { images: IMAGES, seconds, mostMb: [most(0, third), most(third, 2 * third), most(2 * third, memory.length)] },
};
await roster.close();
server.closeAllConnections();
server.close();
await rm(folder, { recursive: true, force: true });
if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else
  process.stdout.write(`${SIDE} px PNG of ${Math.round(png.length / 1024)} kB, on ${cpus()[0]?.model} (${cpus().length} cores)
added to the server's own time, one at a time, n = ${ONE_BY_ONE}: median ${result.addedMs.median?.toFixed(1)} ms, p95 ${result.addedMs.p95?.toFixed(1)} ms; processor time of client and server together ${result.addedMs.processor.toFixed(1)} ms an image
${AT_ONCE} at once, ${IMAGES} images in ${seconds.toFixed(1)} s: memory at most ${result.atOnce.mostMb.join(", ")} MB in each third
`);
