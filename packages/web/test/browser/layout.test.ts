import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { layoutFaults } from "./audit.ts";
import { bestOfFour, eventually, openSite, PATIENCE_MS, ready, type Site, signIn, startRound, untilNextPair } from "./site.ts";

vi.setConfig({ testTimeout: 5 * PATIENCE_MS, hookTimeout: 5 * PATIENCE_MS });

/** Set PICKAPIC_SCREENSHOTS to a folder to look at what the tests look at. */
const SHOTS = process.env.PICKAPIC_SCREENSHOTS;

let site: Site;
beforeAll(async () => {
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
  site = await openSite();
});
afterAll(() => site?.close());

/**
 * PICKAPIC_BROWSER=full loads every page in every window, light and dark, which takes minutes. Otherwise one page of each kind of device is resized to the
 * windows of that device, in light colours, and long prompts are looked at in three windows.
 */
const FULL = process.env.PICKAPIC_BROWSER === "full";

interface Window {
  name: string;
  /** CSS pixels. */
  width: number;
  height: number;
  /** The least share of its width (of its height where it is wider than high) that a picture gets. */
  leastShare: number;
  /** Pixels of the screen for a CSS pixel: 2 at 200 %. */
  scale?: number;
  /** Whether long prompts are looked at without PICKAPIC_BROWSER=full too. */
  longPrompts?: boolean;
}

interface Device {
  kind: string;
  options: BrowserContextOptions;
  windows: readonly Window[];
}

const DEVICES: readonly Device[] = [
  {
    kind: "phone or tablet",
    options: { hasTouch: true, isMobile: true },
    windows: [
      { name: "320 px, a small phone", width: 320, height: 568, leastShare: 0.5, longPrompts: true },
      { name: "390 px, a phone", width: 390, height: 844, leastShare: 0.8 },
      { name: "390 px, a phone with the bars of its browser", width: 390, height: 664, leastShare: 0.55 },
      { name: "844 x 390, a phone on its side", width: 844, height: 390, leastShare: 0.7, longPrompts: true },
      { name: "768 px, a tablet", width: 768, height: 1024, leastShare: 0.5 },
    ],
  },
  {
    kind: "computer",
    options: {},
    windows: [
      { name: "1440 px", width: 1440, height: 900, leastShare: 0.68, longPrompts: true },
      { name: "2560 px", width: 2560, height: 1440, leastShare: 0.8 },
      { name: "1440 x 900 at 200 %", width: 720, height: 450, leastShare: 0.5, scale: 2 },
      { name: "1280 x 1024 at 400 %", width: 320, height: 256, leastShare: 0.45, scale: 4 },
    ],
  },
];

/** With PICKAPIC_BROWSER=full each window is a device of its own, so that its pages are loaded in it. */
const WALKS: readonly Device[] = FULL
  ? DEVICES.flatMap(({ windows, ...device }) => windows.map((window) => ({ ...device, windows: [window] })))
  : DEVICES;

const URL_PROMPT = `https://example.org/${"a/long/address/without/blanks/".repeat(8)}?and=${"q".repeat(120)}`;
const LONG_PROMPTS: [what: string, prompt: string][] = [
  ["a word of 600 letters", "x".repeat(600)],
  ["a pasted address", URL_PROMPT],
  ["1,000 characters", "a red fox left of two yellow tulips on a meadow, ".repeat(30).slice(0, 1_000)],
  ["Chinese", `一只红色的狐狸坐在两朵黄色的郁金香左边的草地上${"，还有很多很多别的东西".repeat(12)}`],
  ["Arabic", `ثعلب أحمر على يسار زهرتي توليب صفراوين في مرج أخضر ${"وأشياء أخرى كثيرة ".repeat(12)}`],
];

let shot = 0;
async function look(page: Page, name: string): Promise<void> {
  if (!SHOTS) return;
  const file = `${String(++shot).padStart(3, "0")}-${name.replace(/[^\w]+/g, "-")}.png`;
  await page.screenshot({ path: join(SHOTS, file) });
}

/** How long a page may take to lay itself out after its window was resized, ms: a busy machine may let it wait. */
const SETTLE_MS = 10_000;

/** The faults of what is on screen that do not pass by themselves, each with where it is. */
async function faultsOf(page: Page, where: string): Promise<string[]> {
  await page.evaluate(() => document.fonts.ready);
  // Long prompts are cut after some lines, and a button shows the rest; the field of the prompt scrolls.
  const audit = () => layoutFaults(page, { mayCut: ".truncate, .caption-cut, textarea" });
  const end = Date.now() + SETTLE_MS;
  let faults = await audit();
  while (faults.length > 0 && Date.now() < end) {
    await page.waitForTimeout(200);
    faults = await audit();
  }
  await look(page, where);
  return faults.map((fault) => `${where}: ${fault}`);
}

/** Returns what shows the page in each window in turn; the last is the first again. */
async function openWindows(page: Page, { options }: Device) {
  // The session stays open: its settings end with it.
  const session = await page.context().newCDPSession(page);
  const resize = async ({ width, height, scale = 1 }: Window) => {
    // A screenshot has the size that Playwright has set itself.
    if (SHOTS) await page.setViewportSize({ width, height });
    const metrics = { width, height, deviceScaleFactor: scale, mobile: options.isMobile === true };
    await session.send("Emulation.setDeviceMetricsOverride", metrics);
    const seen = () => page.evaluate(() => [innerWidth, innerHeight, devicePixelRatio]);
    await eventually(seen).toEqual([width, height, scale]);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));
  };
  return async (among: readonly Window[], act: (window: Window) => Promise<void>) => {
    for (const window of among) {
      await resize(window);
      await act(window);
    }
    if (among.length > 1 && among[0]) await resize(among[0]);
  };
}

async function boxOf(page: Page, id: string) {
  const box = await page.getByTestId(id).boundingBox();
  if (!box) throw new Error(`expected ${id} on screen`);
  return box;
}

/** Both pictures are as large as promised and whole on screen, together with the button for a tie. */
async function checkPictures(page: Page, { width, height, leastShare }: Window): Promise<void> {
  const [left, right] = [await boxOf(page, "image-left"), await boxOf(page, "image-right")];
  const least = leastShare * (width > height && height > 300 ? height : width);
  for (const side of [left.width, left.height, right.width, right.height]) expect(side).toBeGreaterThanOrEqual(least);
  const scrolled = await page.evaluate(() => scrollY);
  for (const box of [left, right]) {
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    if (height > 300) expect(box.y + scrolled + box.height).toBeLessThanOrEqual(height);
  }
  if (height <= 300) return;
  const tie = await boxOf(page, "choice-tie");
  expect(tie.y + tie.height).toBeLessThanOrEqual(height);
}

describe.each(WALKS)("on a $kind with windows of $windows.0.width px and others", (device) => {
  const { options, windows } = device;
  const [first] = windows;
  const viewport = { width: first?.width ?? 0, height: first?.height ?? 0 };
  const screen = { ...options, viewport, deviceScaleFactor: first?.scale ?? 1 };

  test.each(FULL ? (["light", "dark"] as const) : (["light"] as const))(
    "no page cuts, overlaps or hides anything, and the pictures are as large as the window allows, %s",
    async (colorScheme) => {
      const page = await site.visit({ ...screen, colorScheme });
      const inEach = await openWindows(page, device);
      const faults: string[] = [];
      const check = async (where: string, shown: Locator) => {
        await shown.waitFor();
        await inEach(windows, async ({ name }) => {
          // What a window of another size closes would not be looked at in it.
          expect(await shown.isVisible(), `${name} ${colorScheme}: ${where}`).toBe(true);
          faults.push(...(await faultsOf(page, `${name} ${colorScheme}: ${where}`)));
        });
      };
      await page.goto("/");
      await check("welcome", page.getByTestId("guest-sign-in"));
      await page.getByTestId("guest-sign-in").click();
      await check("consent", page.getByTestId("consent-accept"));
      await page.getByTestId("consent-accept").click();
      await check("prompt", page.getByTestId("prompt"));
      await startRound(page);
      const picture = page.getByTestId("choice-left");
      await inEach(windows, async (window) => {
        await untilNextPair(page, () => (options.hasTouch ? picture.tap() : picture.click()));
        await checkPictures(page, window);
      });
      await page.goto("/");
      await startRound(page, "a fox in Paris [umbrella]");
      await check("judge", picture);
      for (const id of ["help", "report", "enlarge"]) {
        await page.getByTestId(id).click();
        await check(id, page.locator("dialog[open]"));
        await page.keyboard.press("Escape");
      }
      await page.getByRole("button", { name: /^Menu/ }).click();
      await check("menu", page.getByRole("button", { name: "Sign out" }));
      await page.getByRole("button", { name: "Sign out" }).click();
      await check("sign out", page.getByTestId("sign-out-confirm"));
      await page.keyboard.press("Escape");
      await page.goto("/best-of-n");
      await check("best of n", page.getByTestId("best-of-start"));
      await bestOfFour(page, LONG_PROMPTS[0]?.[1]);
      await check("best of n, ranked", page.getByTestId("best-of-download"));
      for (const path of ["history", "leaderboard", "statistics", "about", "nonsense"]) {
        await page.goto(`/${path}`);
        await page.waitForLoadState("networkidle");
        await check(path, page.getByRole("heading", { level: 1 }));
      }
      await page.getByRole("link", { name: "To the pictures" }).waitFor();
      expect(faults).toEqual([]);
      await page.context().close();
    },
  );

  const long = windows.filter(({ longPrompts }) => FULL || longPrompts);
  test.runIf(long.length > 0)("long prompts break no page, and can be read whole", async () => {
    const page = await site.visit(screen);
    const inEach = await openWindows(page, device);
    await signIn(page);
    const faults: string[] = [];
    const check = (where: string) =>
      inEach(long, async ({ name }) => void faults.push(...(await faultsOf(page, `${name}: ${where}`))));
    for (const [what, prompt] of LONG_PROMPTS) {
      await page.goto("/");
      await page.getByTestId("prompt").fill(prompt);
      await check(`prompt, ${what}`);
      await page.getByTestId("start").click();
      await ready(page);
      await check(`judge, ${what}`);
      const whole = page.getByRole("button", { name: "Show the whole prompt" });
      const caption = page.getByTestId("caption");
      await inEach(long, async ({ name }) => {
        if (await whole.isVisible()) await whole.click();
        await eventually(() => caption.evaluate((text) => text.scrollHeight - text.clientHeight)).toBeLessThanOrEqual(1);
        faults.push(...(await faultsOf(page, `${name}: judge, ${what}, whole`)));
      });
      await untilNextPair(page, () => page.getByTestId("choice-right").click());
    }
    for (const path of ["/", "/history"]) {
      await page.goto(path);
      await page.waitForLoadState("networkidle");
      await check(`${path} with long prompts`);
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

test("the audit finds what is wrong: too wide, cut, covered, small, overlapping, words broken", async () => {
  const page = await site.visit();
  await page.setContent(`
    <p class="wide">${"w".repeat(400)}</p>
    <div id="cut">a long text that is cut</div>
    <button id="covered">covered</button><div id="cover"></div>
    <button id="small">s</button>
    <p id="narrow">turbo</p><p id="share">95 % and 7&nbsp;%, 1,145 to 1,247</p><p id="a">first</p><p id="b">second</p>`);
  await page.addStyleTag({
    content: `#cut { width: 40px; height: 10px; overflow: hidden; white-space: nowrap } #covered { position: absolute; top: 200px; left: 0; width: 90px; height: 40px }
      #cover { position: absolute; top: 190px; left: 0; width: 200px; height: 90px; background: red } #small { width: 10px; height: 10px; padding: 0; position: absolute; top: 400px; left: 400px }
      #narrow { width: 3ch; overflow-wrap: anywhere } #share { width: 3ch } #a, #b { position: absolute; top: 500px; left: 10px; margin: 0 }`,
  });
  const faults = (await layoutFaults(page)).join("\n");
  for (const fault of [
    "px wide in a window",
    "cut: <div",
    "out of reach: <button",
    "small: <button",
    "overlapping by",
    "middle: “turbo”",
    "middle: “95 %”",
    "middle: “1,145 to 1,247”",
  ])
    expect(faults).toContain(fault);
  expect(faults).not.toContain("middle: “7");
  await page.context().close();
});
