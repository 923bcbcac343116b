/** @file Time from an answer to the next pair, over HTTP and on the screen of a real page, when the next image was prepared and when it was not. `--json`. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { AnswerReply, Me, Round } from "../packages/server/src/api.ts";
import { type RunningServer, startServer } from "../packages/server/src/index.ts";
import { toyBackend } from "../packages/toyworld/src/index.ts";
import { buildWeb, isBuilt, webFolder } from "../packages/web/src/index.ts";
import { benchOptions } from "./options/options.ts";

const options = benchOptions({ json: { type: "boolean", default: false } });

const PROMPT = "two red apples left of a cat on a blue background";
const ANSWERS = 25;
/** The pause before each answer, in ms. It is long enough to prepare the next image. */
const LOOK = 500;

interface Row {
  what: string;
  medianMs: number;
  p95Ms: number;
  n: number;
}

function row(what: string, times: readonly number[]): Row {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1));
  return { what, medianMs: at(0.5), p95Ms: at(0.95), n: sorted.length };
}

/** Signs in as a guest, agrees to the consent text, and returns a function that sends requests in this session. */
async function signIn(url: string): Promise<(method: string, path: string, body?: object) => Promise<unknown>> {
  const arrived = await fetch(`${url}/api/auth/sign-in/anonymous`, { method: "POST" });
  const cookie = arrived.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const ask = async (method: string, path: string, body?: object) => {
    const headers = { cookie, "idempotency-key": randomUUID(), ...(body ? { "content-type": "application/json" } : {}) };
    const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  };
  const { consent } = Me.parse(await ask("GET", "/api/me"));
  await ask("POST", "/api/consent", { version: consent.version });
  return ask;
}

async function measureHttp(url: string): Promise<number[]> {
  const ask = await signIn(url);
  const ready = async (round: Round): Promise<Round> => {
    let current = round;
    while (!current.comparison) {
      await wait(2);
      current = Round.parse(await ask("GET", `/api/rounds/${round.id}`));
    }
    return current;
  };
  let round = await ready(Round.parse(await ask("POST", "/api/rounds", { prompt: PROMPT })));
  const times: number[] = [];
  for (let i = 0; i < ANSWERS; i++) {
    await wait(LOOK);
    const start = performance.now();
    const reply = await ask("POST", `/api/comparisons/${round.comparison?.id}/answer`, { choice: "left", elapsedMs: LOOK });
    round = await ready(AnswerReply.parse(reply).round);
    times.push(performance.now() - start);
  }
  return times;
}

async function measurePage(browser: Browser, url: string): Promise<number[]> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  await page.getByTestId("guest-sign-in").click();
  await page.getByTestId("consent-accept").click();
  await page.getByTestId("prompt").fill(PROMPT);
  await page.getByTestId("start").click();
  await page.getByTestId("image-right").waitFor();
  const times: number[] = [];
  for (let i = 0; i < ANSWERS; i++) {
    await wait(LOOK);
    times.push(await answerOnPage(page, i % 2 === 0 ? "choice-left" : "choice-right"));
  }
  await page.close();
  return times;
}

/** The time in ms, measured in the page, from a click on `choice` until another pair has been decoded and painted. */
function answerOnPage(page: Page, choice: string): Promise<number> {
  return page.evaluate(async (testId) => {
    const pictures = () => [
      ...document.querySelectorAll<HTMLImageElement>('[data-testid="image-left"], [data-testid="image-right"]'),
    ];
    const shown = () =>
      pictures()
        .map(({ src }) => src)
        .sort()
        .join();
    const painted = () => new Promise((done) => requestAnimationFrame(done));
    const before = shown();
    const start = performance.now();
    document.querySelector<HTMLElement>(`[data-testid="${testId}"]`)?.click();
    while (
      pictures().length < 2 ||
      shown() === before ||
      !pictures().every(({ complete, naturalWidth }) => complete && naturalWidth > 0)
    )
      await painted();
    await Promise.all(pictures().map((picture) => picture.decode()));
    await painted();
    return performance.now() - start;
  }, choice);
}

async function withServer<T>(imagesAhead: number, use: (server: RunningServer) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-bench-"));
  const settings = { dataFolder: folder, port: 0, backends: [toyBackend()], webFolder, imagesAhead, logLevel: "error" } as const;
  const server = await startServer(settings, {});
  try {
    return await use(server);
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

if (!isBuilt()) await buildWeb();
const executablePath = process.env.PICKAPIC_CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const measure = (imagesAhead: number) =>
  withServer(imagesAhead, async ({ url }) => ({ page: await measurePage(browser, url), http: await measureHttp(url) }));
const prepared = await measure(2);
const unprepared = await measure(0);
await browser.close();

const rows = {
  prepared: row("on screen, prepared", prepared.page),
  unprepared: row("on screen, not prepared", unprepared.page),
  httpPrepared: row("over HTTP, prepared", prepared.http),
  httpUnprepared: row("over HTTP, not prepared", unprepared.http),
};
if (options.json)
  process.stdout.write(`${JSON.stringify({ ...rows, machine: `${cpus()[0]?.model}, ${cpus().length} cores` })}\n`);
else {
  process.stdout.write(
    `From an answer to the next pair, ${ANSWERS} answers each, on ${cpus()[0]?.model} (${cpus().length} cores); ms\n`,
  );
  process.stdout.write(`${"".padEnd(26)}${["median", "p95"].map((name) => name.padStart(10)).join("")}\n`);
  for (const { what, medianMs, p95Ms } of Object.values(rows))
    process.stdout.write(`${what.padEnd(26)}${[medianMs, p95Ms].map((ms) => ms.toFixed(1).padStart(10)).join("")}\n`);
}
