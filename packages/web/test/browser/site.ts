/** @file A real server in a folder of its own, a real browser, and what a person does in it: for the tests of this folder. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, type ServerSettings, startServer } from "@pickapic/server";
import type { Comparison, History, HistoryItem, Round } from "@pickapic/server/api";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { once } from "../../../../test/support/once.ts";
import { readyDatabase } from "../../../../test/support/readyDatabase.ts";
import { smallToy } from "../../../../test/support/smallToy.ts";
import { buildWeb, isBuilt, webFolder } from "../../src/index.ts";
import { findChromium } from "./chromium.ts";

/** ms; each step takes some 50, unless the machine is busy with something else. */
export const PATIENCE_MS = 60_000;
const DESKTOP = { width: 1280, height: 800 };
const PROMPT = "an orange fox left of two mushrooms on a meadow";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A page, and what a console of a healthy page never shows. */
export type Tab = Page & { troubles: string[] };

export interface Site {
  server: RunningServer;
  folder: string;
  browser: Browser;
  /** A page in a browser of its own. */
  visit(options?: BrowserContextOptions): Promise<Tab>;
  close(): Promise<void>;
}

/** Starts a server over the toy world and a browser. */
export async function openSite(settings: Partial<ServerSettings> = {}): Promise<Site> {
  const executablePath = findChromium();
  await once("building the pages", async () => {
    if (!isBuilt()) await buildWeb();
  });
  const folder = await mkdtemp(join(tmpdir(), "pickapic-web-"));
  await readyDatabase(folder);
  const own = { dataFolder: folder, port: 0, webFolder, cacheMs: 0, logLevel: "error", judge: "random" } as const;
  const server = await startServer({ ...own, backends: [smallToy()], ...settings }, {});
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  return {
    server,
    folder,
    browser,
    visit: (options) => openTab(browser, server.url, options),
    async close() {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openTab(browser: Browser, baseURL: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ baseURL, viewport: DESKTOP, reducedMotion: "reduce", ...options });
  const page = Object.assign(await context.newPage(), { troubles: [] as string[] });
  await refuseInlineStyles(page);
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("pageerror", (error) => page.troubles.push(error.message));
  page.on("console", (message) => {
    if (/content security policy|refused to|react/i.test(message.text())) page.troubles.push(message.text());
  });
  return page;
}

/** The strictest policy that the pages promise to live with, whatever the server sends. */
const STRICTEST = { name: "content-security-policy", value: "default-src 'self'; base-uri 'none'" };

/**
 * Puts that policy into the replies to navigations. Only these are stopped on their way: Playwright's own routes would stop every request and switch the
 * cache of the browser off, which makes each page load several times the work.
 */
async function refuseInlineStyles(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  session.on("Fetch.requestPaused", async ({ requestId, responseStatusCode: responseCode, responseHeaders = [] }) => {
    const others = responseHeaders.filter(({ name }) => name.toLowerCase() !== STRICTEST.name);
    const going =
      responseCode === undefined
        ? session.send("Fetch.continueRequest", { requestId })
        : session.send("Fetch.continueResponse", { requestId, responseCode, responseHeaders: [...others, STRICTEST] });
    // A page may close, or go elsewhere, while a reply waits here.
    await going.catch(() => undefined);
  });
  await session.send("Fetch.enable", { patterns: [{ resourceType: "Document", requestStage: "Response" }] });
}

/** Comes as a new guest and agrees. */
export async function signIn(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByTestId("guest-sign-in").click();
  await page.getByTestId("consent-accept").click();
  await page.getByTestId("prompt").waitFor();
}

/** Writes a prompt and waits for the first pair. */
export async function startRound(page: Page, prompt = PROMPT): Promise<void> {
  await page.getByTestId("prompt").fill(prompt);
  await page.getByTestId("start").click();
  await ready(page);
}

/** Finds the best of four pictures on the best-of-n page, and waits until they are ranked. */
export async function bestOfFour(page: Page, prompt = PROMPT): Promise<void> {
  await page.getByTestId("best-of-prompt").fill(prompt);
  await page.getByTestId("best-of-n").fill("4");
  await page.getByTestId("best-of-start").click();
  await page.getByText("Done: the best of 4.").first().waitFor();
}

/** A pair is on screen and waits for a choice. */
export async function ready(page: Page): Promise<void> {
  await page.locator('[data-testid="choice-left"][aria-disabled="false"]').waitFor();
}

/** Does something and waits until another pair is on screen. */
export async function untilNextPair(page: Page, act: () => Promise<unknown>): Promise<void> {
  const before = await pairOf(page);
  await act();
  await eventually(() => pairOf(page)).not.toBe(before);
  await ready(page);
}

/** The addresses of the two pictures on screen. */
export async function pairOf(page: Page): Promise<string> {
  const sources = ["left", "right"].map((side) => page.getByTestId(`image-${side}`).getAttribute("src"));
  return (await Promise.all(sources)).join(" ");
}

export function karmaOf(page: Page): Promise<string> {
  return page.getByTestId("karma").innerText();
}

/** What the server says to the person of the page. */
export async function api<T>(page: Page, path: string): Promise<T> {
  return (await (await page.request.get(path)).json()) as T;
}

/** The person's answers, oldest first. */
export async function choicesOf(page: Page): Promise<HistoryItem["choice"][]> {
  return (await api<History>(page, "/api/history")).items.map(({ choice }) => choice).reverse();
}

/** The round in the address. */
function roundIdOf(page: Page): string {
  return new URL(page.url()).searchParams.get("round") ?? "";
}

/** How many answers of the round stand. Unlike the history, the round names no generator, so the last answer can still be taken back. */
export async function answersOf(page: Page): Promise<number> {
  return (await api<Round>(page, `/api/rounds/${roundIdOf(page)}`)).answers;
}

/** The pair that waits for an answer, as the server has it. */
export async function openComparison(page: Page): Promise<Comparison> {
  const { comparison } = await api<Round>(page, `/api/rounds/${roundIdOf(page)}`);
  if (!comparison) throw new Error("openComparison: expected a round that is ready");
  return comparison;
}

/** What is kept in the outbox of the browser. */
export function outboxOf(page: Page): Promise<{ key: string; choice: string }[]> {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("pickapic");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const all = opening.result.transaction("outbox").objectStore("outbox").getAll();
          all.onsuccess = () => resolve(all.result as { key: string; choice: string }[]);
        };
      }),
  );
}

/** Breaches of all rules of axe, or of those named. */
export async function violationsOn(page: Page, rules?: string[]): Promise<string[]> {
  // The axe script is evaluated from outside the page: the page's own policy would refuse it, as it should. It stays until another page is loaded.
  if (await page.evaluate(() => !("axe" in window))) await page.evaluate(axe);
  const violations = await page.evaluate(async (runOnly) => {
    const { axe } = window as unknown as { axe: { run(options: object): Promise<AxeResults> } };
    // What passes would be described too, with a selector for each element.
    return (await axe.run({ resultTypes: ["violations"], ...(runOnly && { runOnly }) })).violations;
  }, rules);
  return violations.map(({ id, nodes }) => `${page.url()}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}

/** Looks again and again, until what was found is as the test expects. */
export const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: PATIENCE_MS });
