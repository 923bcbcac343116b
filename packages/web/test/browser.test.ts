import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type RunningServer, startServer } from "@pickapic/server";
import type { Comparison, History, HistoryItem, Me, Round } from "@pickapic/server/api";
import { toyBackend } from "@pickapic/toyworld";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { buildWeb, isBuilt, webFolder } from "../src/index.ts";
import { findChromium } from "./chromium.ts";

const PROMPT = "an orange fox left of two mushrooms on a meadow";
/** ms; each step takes some 50, unless the machine is busy with something else. */
const PATIENCE = 60_000;
vi.setConfig({ testTimeout: 3 * PATIENCE, hookTimeout: 5 * PATIENCE });
const DESKTOP = { width: 1280, height: 800 };
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let folder: string;
let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  const executablePath = findChromium();
  if (!isBuilt()) await buildWeb();
  folder = await mkdtemp(join(tmpdir(), "pickapic-web-"));
  server = await startServer(
    { dataFolder: folder, port: 0, backends: [toyBackend()], webFolder, cacheMs: 0, logLevel: "error" },
    {},
  );
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** A page in a browser of its own. `troubles` fills with what a console of a healthy page never shows. */
async function visit(options: BrowserContextOptions = {}): Promise<Page & { troubles: string[] }> {
  const context = await browser.newContext({ baseURL: server.url, viewport: DESKTOP, reducedMotion: "reduce", ...options });
  await refuseInlineStyles(context);
  const page = Object.assign(await context.newPage(), { troubles: [] as string[] });
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => page.troubles.push(error.message));
  page.on("console", (message) => {
    if (/content security policy|refused to|react/i.test(message.text())) page.troubles.push(message.text());
  });
  return page;
}

/** The strictest policy that the pages promise to live with, whatever the server sends. */
async function refuseInlineStyles(context: BrowserContext): Promise<void> {
  await context.route(
    (url) => !url.pathname.startsWith("/api/") && !url.pathname.includes("."),
    async (route) => {
      const response = await route.fetch();
      const headers = { ...response.headers(), "content-security-policy": "default-src 'self'; base-uri 'none'" };
      await route.fulfill({ response, headers });
    },
  );
}

async function signIn(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByTestId("guest-sign-in").click();
  await page.getByTestId("consent-accept").click();
  await page.getByTestId("prompt").waitFor();
}

async function startRound(page: Page, prompt = PROMPT): Promise<void> {
  await page.getByTestId("prompt").fill(prompt);
  await page.getByTestId("start").click();
  await ready(page);
}

/** A pair is on screen and waits for a choice. */
async function ready(page: Page): Promise<void> {
  await page.locator('[data-testid="choice-left"][aria-disabled="false"]').waitFor();
}

/** Does something and waits until another pair is on screen. */
async function untilNextPair(page: Page, act: () => Promise<unknown>): Promise<void> {
  const before = await pairOf(page);
  await act();
  await eventually(() => pairOf(page)).not.toBe(before);
  await ready(page);
}

async function pairOf(page: Page): Promise<string> {
  const sources = ["left", "right"].map((side) => page.getByTestId(`image-${side}`).getAttribute("src"));
  return (await Promise.all(sources)).join(" ");
}

function karmaOf(page: Page): Promise<string> {
  return page.getByTestId("karma").innerText();
}

async function api<T>(page: Page, path: string): Promise<T> {
  return (await (await page.request.get(path)).json()) as T;
}

async function choicesOf(page: Page): Promise<HistoryItem["choice"][]> {
  return (await api<History>(page, "/api/history")).items.map(({ choice }) => choice).reverse();
}

async function openComparison(page: Page): Promise<Comparison> {
  const id = new URL(page.url()).searchParams.get("round");
  const { comparison } = await api<Round>(page, `/api/rounds/${id}`);
  if (!comparison) throw new Error("openComparison: expected a round that is ready");
  return comparison;
}

const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: PATIENCE });

/** What is kept in the outbox of the browser. */
function outboxOf(page: Page): Promise<{ key: string; choice: string }[]> {
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
async function violationsOn(page: Page, rules?: string[]): Promise<string[]> {
  // The axe script is evaluated from outside the page: the page's own policy would refuse it, as it should.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    (only) =>
      (window as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run(only ? { runOnly: only } : {}),
    rules,
  );
  return violations.map(({ id, nodes }) => `${page.url()}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}

describe("judging", () => {
  let page: Awaited<ReturnType<typeof visit>>;
  beforeAll(async () => {
    page = await visit();
    await signIn(page);
  });
  afterEach(async () => {
    await page.context().setOffline(false);
    await page.unrouteAll();
  });
  afterAll(() => page.context().close());

  test("a prompt that says nothing gets one sentence, and what was written stays", async () => {
    await page.getByTestId("prompt").fill("[no fox]");
    await page.getByTestId("start").click();
    await eventually(() => page.getByTestId("prompt-error").innerText()).toMatch(/prompt/i);
    expect(await page.getByTestId("prompt").inputValue()).toBe("[no fox]");
  });

  test("nothing that reaches the browser before the first answer names a model", async () => {
    const models = toyBackend().models.map(({ name }) => name);
    const received: string[] = [];
    page.on("response", async (response) => {
      const body = /json|event-stream/.test(response.headers()["content-type"] ?? "")
        ? await response.text().catch(() => "")
        : "";
      received.push([response.url(), JSON.stringify(response.headers()), body].join("\n"));
    });
    await startRound(page);
    await page.waitForLoadState("networkidle");
    page.removeAllListeners("response");
    expect(received.some((text) => text.includes("/api/images/"))).toBe(true);
    expect(received.filter((text) => models.some((model) => text.includes(model)))).toEqual([]);
  });

  test("a click on a picture is an answer: it shows at once, counts, and brings the next pair", async () => {
    await untilNextPair(page, async () => {
      await page.getByTestId("choice-left").click();
      await page.locator('[data-testid="choice-left"][data-verdict="won"]').waitFor();
      await page.locator('[data-testid="choice-right"][data-verdict="lost"]').waitFor();
    });
    await untilNextPair(page, () => page.getByTestId("choice-right").click());
    await untilNextPair(page, () => page.getByTestId("choice-tie").click());
    expect(await karmaOf(page)).toBe("3");
    expect(await choicesOf(page)).toEqual(["left", "right", "tie"]);
  });

  test.each([
    ["ArrowLeft", "left"],
    ["2", "right"],
    ["ArrowDown", "tie"],
    ["Space", "tie"],
    ["0", "tie"],
    ["1", "left"],
    ["ArrowRight", "right"],
  ])("the key %s answers %s", async (key, choice) => {
    await untilNextPair(page, () => page.keyboard.press(key));
    expect((await choicesOf(page)).at(-1)).toBe(choice);
  });

  test("Z takes the last answer back: the same pair is open again, and karma goes down", async () => {
    const pair = await pairOf(page);
    const before = await choicesOf(page);
    await untilNextPair(page, () => page.keyboard.press("ArrowLeft"));
    await untilNextPair(page, () => page.keyboard.press("z"));
    expect(await pairOf(page)).toBe(pair);
    expect(await choicesOf(page)).toEqual(before);
    expect(await karmaOf(page)).toBe(String(before.length));
    await untilNextPair(page, () => page.getByTestId("choice-right").click());
    await untilNextPair(page, () => page.getByTestId("undo").click());
    expect(await choicesOf(page)).toEqual(before);
  });

  test("a reload goes on with the same pair", async () => {
    const pair = await pairOf(page);
    await page.reload();
    await ready(page);
    expect(await pairOf(page)).toBe(pair);
  });

  test("undo reaches back beyond a reload, answer by answer", async () => {
    const before = await choicesOf(page);
    const pair = await pairOf(page);
    await untilNextPair(page, () => page.keyboard.press("ArrowLeft"));
    await untilNextPair(page, () => page.keyboard.press("ArrowDown"));
    await page.reload();
    await ready(page);
    await untilNextPair(page, () => page.keyboard.press("z"));
    expect(await choicesOf(page)).toEqual([...before, "left"]);
    await untilNextPair(page, () => page.keyboard.press("z"));
    expect(await pairOf(page)).toBe(pair);
    expect(await choicesOf(page)).toEqual(before);
  });

  test("an answer given offline waits, says so, and is sent once when the network is back", async () => {
    const before = await choicesOf(page);
    await page.context().setOffline(true);
    await page.keyboard.press("ArrowRight");
    await eventually(() => page.getByTestId("outbox").innerText()).toContain("1 answer waiting to be sent");
    expect(await outboxOf(page)).toMatchObject([{ choice: "right" }]);
    expect(await violationsOn(page)).toEqual([]);
    await untilNextPair(page, () => page.context().setOffline(false));
    expect(await outboxOf(page)).toEqual([]);
    expect(await choicesOf(page)).toEqual([...before, "right"]);
    await page.getByTestId("outbox").waitFor({ state: "detached" });
  });

  test("a page that cannot be loaded offline says so, and comes when the network is back", async () => {
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "About" }).click();
    await page.getByRole("heading", { name: "No connection" }).waitFor();
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "About", level: 1 }).waitFor();
    await page.getByRole("link", { name: "Judge" }).click();
    await ready(page);
  });

  test("an answer whose reply is lost is sent again with the same key and counts once", async () => {
    const before = await choicesOf(page);
    const keys: (string | undefined)[] = [];
    await page.route("**/answer", async (route) => {
      keys.push(route.request().headers()["idempotency-key"]);
      await route.fetch();
      if (keys.length < 2) await route.abort("connectionreset");
      else await route.continue();
    });
    await untilNextPair(page, () => page.getByTestId("choice-left").click());
    await page.unroute("**/answer");
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect(await choicesOf(page)).toEqual([...before, "left"]);
  });

  test("an answer that could not be sent outlives a reload", async () => {
    const before = await choicesOf(page);
    await page.route("**/answer", (route) => route.abort("connectionrefused"));
    await page.keyboard.press("ArrowDown");
    await eventually(() => outboxOf(page)).toMatchObject([{ choice: "tie" }]);
    await page.reload();
    await page.locator('[data-testid="choice-left"][data-verdict="tied"]').waitFor();
    await untilNextPair(page, () => page.unroute("**/answer"));
    expect(await choicesOf(page)).toEqual([...before, "tie"]);
    expect(await outboxOf(page)).toEqual([]);
  });

  test("an answer that the server refuses for good is shown, kept, and judging goes on", async () => {
    const { id } = await openComparison(page);
    await page.request.post(`/api/comparisons/${id}/answer`, {
      headers: { "idempotency-key": crypto.randomUUID(), origin: server.url },
      data: { choice: "left", elapsedMs: 500 },
    });
    const before = await choicesOf(page);
    await untilNextPair(page, () => page.getByTestId("choice-right").click());
    expect(await page.getByText("One answer did not count").count()).toBe(1);
    expect(await outboxOf(page)).toMatchObject([{ choice: "right" }]);
    expect(await choicesOf(page)).toEqual(before);
    await page.getByRole("button", { name: "Dismiss" }).click();
    await eventually(() => outboxOf(page)).toEqual([]);
  });

  test("an answer that comes after its pictures were deleted says so, and the page asks for new ones by itself", async () => {
    const pair = await pairOf(page);
    const id = new URL(page.url()).searchParams.get("round");
    const error = { code: "PICKAPIC_PAIR_EXPIRED", message: "These pictures were deleted to make room.", status: 410 };
    const round = await api<Round>(page, `/api/rounds/${id}`);
    const asked: string[] = [];
    await page.route("**/answer", (route) => route.fulfill({ status: 410, json: { error } }));
    await page.route(`**/api/rounds/${id}`, (route) =>
      route.fulfill({ json: { ...round, state: "failed", comparison: null, upcoming: [], problem: error } }),
    );
    await page.route(`**/api/rounds/${id}/retry`, async (route) => {
      asked.push(route.request().method());
      await page.unroute(`**/api/rounds/${id}`);
      await route.fulfill({ json: round });
    });
    await page.getByTestId("choice-left").click();
    await eventually(() => asked).toEqual(["POST"]);
    await ready(page);
    expect(await pairOf(page)).toBe(pair);
    expect(await page.getByText("deleted to make room").count()).toBe(2);
    await page.unroute("**/answer");
    await page.unroute(`**/api/rounds/${id}/retry`);
    await page.getByRole("button", { name: "Dismiss" }).click();
    await untilNextPair(page, () => page.getByTestId("choice-left").click());
  });

  test("the prompt can be changed, and the old round be gone on with", async () => {
    const first = new URL(page.url()).search;
    await page.getByRole("link", { name: "Change prompt" }).click();
    await startRound(page, "a black cat above a red sofa in a room");
    expect(new URL(page.url()).search).not.toBe(first);
    await page.getByRole("link", { name: "Change prompt" }).click();
    await page.getByRole("link", { name: /Go on with “a black cat/ }).click();
    await ready(page);
  });

  test("history shows every answer with its generators", async () => {
    const answers = await choicesOf(page);
    await page.getByRole("link", { name: "My history" }).click();
    await eventually(() => page.getByTestId("history-item").count()).toBe(answers.length);
    expect(await page.getByTestId("history-item").first().innerText()).toMatch(/toy-/);
    expect(await page.getByRole("link", { name: /^Download/ }).count()).toBe(2 * answers.length);
  });

  test("the leaderboard and the statistics show what was answered", async () => {
    await page.getByRole("link", { name: "Leaderboard" }).click();
    await eventually(() => page.getByTestId("leaderboard-row").count()).toBeGreaterThan(1);
    await page.getByRole("link", { name: "Statistics" }).click();
    await eventually(() => page.getByRole("img", { name: /^Share of pairs won/ }).count()).toBe(1);
    const answers = (await choicesOf(page)).length;
    await eventually(() => page.locator("dl").innerText()).toContain(String(answers));
  });

  test("who withdraws the agreement is asked again before the next pair", async () => {
    await page.getByRole("link", { name: "About" }).click();
    await page.getByRole("button", { name: "Withdraw my agreement…" }).click();
    await page.getByTestId("consent-withdraw").click();
    await eventually(async () => (await api<Me>(page, "/api/me")).user?.consentVersion).toBeNull();
    await page.getByRole("link", { name: "Judge" }).click();
    await page.getByTestId("consent-accept").click();
    await ready(page);
  });

  test("an answer without an agreement waits, and goes out as soon as it is given", async () => {
    const before = await choicesOf(page);
    const withdrawn = await page.request.delete("/api/consent", { headers: { origin: server.url } });
    expect(withdrawn.status()).toBe(200);
    await page.keyboard.press("ArrowLeft");
    await page.getByTestId("consent-accept").waitFor();
    expect(await outboxOf(page)).toMatchObject([{ choice: "left" }]);
    const pressed = Date.now();
    await page.getByTestId("consent-accept").click();
    await eventually(() => choicesOf(page)).toEqual([...before, "left"]);
    // Without the agreement as a reason it would be tried again after a minute.
    expect(Date.now() - pressed).toBeLessThan(25_000);
    await ready(page);
    expect(await outboxOf(page)).toEqual([]);
  });

  test("two tabs show the same pair; an answer in one brings the next pair in both, and only one answer counts", async () => {
    const before = await choicesOf(page);
    const other = await page.context().newPage();
    await other.goto(page.url());
    await ready(other);
    const pair = await pairOf(page);
    expect(await pairOf(other)).toBe(pair);
    await untilNextPair(page, () => page.getByTestId("choice-right").click());
    await eventually(() => pairOf(other)).toBe(await pairOf(page));
    expect(await choicesOf(page)).toEqual([...before, "right"]);
    await eventually(() => karmaOf(other)).toBe(await karmaOf(page));
    await other.close();
  });

  test("back goes to the prompt, forward to the pair", async () => {
    await page.getByRole("link", { name: "Change prompt" }).click();
    await startRound(page);
    const pair = await pairOf(page);
    await page.goBack();
    await page.getByTestId("prompt").waitFor();
    await page.goForward();
    await ready(page);
    expect(await pairOf(page)).toBe(pair);
  });

  test("the console stayed clean all along: no error, and nothing that a strict content security policy refuses", () => {
    expect(page.troubles).toEqual([]);
  });
});

test("an answer of an account that signed out is kept, and its notice can be hidden", async () => {
  const page = await visit();
  await signIn(page);
  await startRound(page);
  await page.route("**/answer", (route) => route.abort("connectionrefused"));
  await page.keyboard.press("ArrowLeft");
  await eventually(() => outboxOf(page)).toHaveLength(1);
  await page.getByRole("button", { name: /^Menu/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("1 answer of another account on this device").waitFor();
  await page.getByRole("button", { name: "Hide this" }).click();
  await page.getByTestId("outbox").waitFor({ state: "detached" });
  await page.reload();
  await page.getByTestId("guest-sign-in").waitFor();
  expect(await page.getByTestId("outbox").count()).toBe(0);
  expect(await outboxOf(page)).toHaveLength(1);
  await page.context().close();
});

test("who comes back from a provider without being signed in is told so", async () => {
  const page = await visit();
  await page.goto("/api/auth/error?error=access_denied");
  await page.getByText("Signing in did not work, or was cancelled").waitFor();
  await page.getByTestId("guest-sign-in").waitFor();
  await page.context().close();
});

test("a round that is not one's own is refused in one sentence, with a way on", async () => {
  const page = await visit();
  await signIn(page);
  await page.goto(`/?round=${crypto.randomUUID()}`);
  await page.getByText("There is no such round among yours.").waitFor();
  await page.getByRole("link", { name: "Write a new prompt" }).click();
  await page.getByTestId("prompt").waitFor();
  await page.context().close();
});

// The dark pages differ from the light ones by nothing but colour.
describe.each<["light" | "dark", string[]?]>([["light"], ["dark", ["color-contrast"]]])("in %s", (colorScheme, rules) => {
  test("every page passes the accessibility rules of axe", async () => {
    const page = await visit({ colorScheme });
    await page.goto("/");
    await page.getByTestId("guest-sign-in").waitFor();
    expect(await violationsOn(page, rules)).toEqual([]);
    await page.getByTestId("guest-sign-in").click();
    await page.getByTestId("consent-accept").waitFor();
    expect(await violationsOn(page, rules)).toEqual([]);
    await page.getByTestId("consent-accept").click();
    await page.getByTestId("prompt").waitFor();
    expect(await violationsOn(page, rules)).toEqual([]);
    await startRound(page);
    await untilNextPair(page, () => page.getByTestId("choice-left").click());
    expect(await violationsOn(page, rules)).toEqual([]);
    for (const name of ["My history", "Leaderboard", "Statistics", "About"]) {
      await page.getByRole("link", { name }).first().click();
      await page.getByRole("heading", { name, level: 1 }).waitFor();
      if (name === "Statistics") await page.getByRole("img", { name: /^Answers per day/ }).waitFor();
      await page.waitForLoadState("networkidle");
      expect(await violationsOn(page, rules)).toEqual([]);
    }
    expect(page.troubles).toEqual([]);
    await page.context().close();
  });
});

test("judging works with the keyboard alone: every control can be reached and has a name", async () => {
  const page = await visit();
  await signIn(page);
  await startRound(page);
  const names: string[] = [];
  for (let step = 0; step < 14; step++) {
    await page.keyboard.press("Tab");
    names.push(
      await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? ""),
    );
  }
  for (const name of ["1: the left picture is better", "2: the right picture is better", "Change prompt"])
    expect(names).toContain(name);
  await page.getByTestId("choice-left").focus();
  await untilNextPair(page, () => page.keyboard.press("Space"));
  expect(await choicesOf(page)).toEqual(["left"]);
  await page.keyboard.press("?");
  expect(await page.getByRole("dialog").innerText()).toContain("How to judge");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Escape");
  expect(await choicesOf(page)).toEqual(["left"]);
  await page.context().close();
});

test.each([
  ["a phone", { width: 390, height: 844 }],
  ["a phone with the bars of its browser", { width: 390, height: 664 }],
  ["a small phone", { width: 320, height: 568 }],
  ["a phone on its side", { width: 844, height: 390 }],
  ["a tablet", { width: 820, height: 1180 }],
  ["a large desktop", { width: 1920, height: 1080 }],
])("on %s both pictures are whole on screen, and a tap answers", async (_what, viewport) => {
  const touch = viewport.width < 1000;
  const page = await visit({ viewport, hasTouch: touch, isMobile: touch });
  await signIn(page);
  await startRound(page);
  for (const side of ["left", "right"]) {
    const box = await page.getByTestId(`image-${side}`).boundingBox();
    if (!box) throw new Error(`expected a box for image-${side}`);
    expect(box.width).toBeGreaterThan(140);
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.y + box.height).toBeLessThanOrEqual(viewport.height);
    expect(box.x + box.width).toBeLessThanOrEqual(viewport.width);
  }
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(viewport.width);
  const left = page.getByTestId("choice-left");
  await untilNextPair(page, () => (touch ? left.tap() : left.click()));
  await page.context().close();
});

test("on a phone the pictures make room for the notice of an answer that waits", async () => {
  const page = await visit({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await signIn(page);
  await startRound(page);
  await page.context().setOffline(true);
  await page.getByTestId("choice-left").tap();
  await eventually(() => page.getByTestId("outbox").innerText()).toContain("1 answer waiting to be sent");
  const bottom = async () => {
    const box = await page.getByTestId("choice-tie").boundingBox();
    return (box?.y ?? 0) + (box?.height ?? 0);
  };
  await eventually(bottom).toBeLessThan(844);
  await untilNextPair(page, () => page.context().setOffline(false));
  await page.context().close();
});

test("the first page loads less than 150 kB of scripts, compressed", async () => {
  const page = await readFile(join(webFolder, "index.html"), "utf8");
  const scripts = [...page.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map((match) => match[1] ?? "");
  const sizes = await Promise.all(scripts.map(async (script) => gzipSync(await readFile(join(webFolder, script))).length));
  expect(scripts.length).toBeGreaterThan(1);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000);
});

test("where Chromium is missing, the test says how to get it", () => {
  expect(() => findChromium({ PATH: "/nowhere" }, () => false)).toThrow(/apt-get install chromium/);
  expect(() => findChromium({ PICKAPIC_CHROMIUM: "/opt/none" }, (path) => path !== "/opt/none")).toThrow(
    /\/opt\/none, which cannot be run/,
  );
  expect(findChromium({ PATH: "/opt/a:/opt/b" }, (path) => path === "/opt/b/chromium")).toBe("/opt/b/chromium");
});
