import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { layoutFaults } from "./audit.ts";
import { eventually, openSite, PATIENCE_MS, ready, type Site, signIn, startRound, untilNextPair } from "./site.ts";

vi.setConfig({ testTimeout: 5 * PATIENCE_MS, hookTimeout: 5 * PATIENCE_MS });

/** Set PICKAPIC_SCREENSHOTS to a folder to look at what the tests look at. */
const SHOTS = process.env.PICKAPIC_SCREENSHOTS;

let site: Site;
beforeAll(async () => {
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
  site = await openSite();
});
afterAll(() => site?.close());

/** Everything in every window, light and dark, which takes minutes: PICKAPIC_BROWSER=full. Otherwise light, and long prompts in three windows. */
const FULL = process.env.PICKAPIC_BROWSER === "full";

const touch = { hasTouch: true, isMobile: true };
/** A window, and the least share of its width (of its height where it is wider than high) that a picture gets. */
const WINDOWS: [what: string, options: BrowserContextOptions, leastShare: number][] = [
  ["320 px, a small phone", { viewport: { width: 320, height: 568 }, ...touch }, 0.5],
  ["390 px, a phone", { viewport: { width: 390, height: 844 }, ...touch }, 0.8],
  ["390 px, a phone with the bars of its browser", { viewport: { width: 390, height: 664 }, ...touch }, 0.55],
  ["844 x 390, a phone on its side", { viewport: { width: 844, height: 390 }, ...touch }, 0.7],
  ["768 px, a tablet", { viewport: { width: 768, height: 1024 }, ...touch }, 0.5],
  ["1440 px", { viewport: { width: 1440, height: 900 } }, 0.68],
  ["2560 px", { viewport: { width: 2560, height: 1440 } }, 0.8],
  ["1440 x 900 at 200 %", { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 }, 0.5],
  ["1280 x 1024 at 400 %", { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 }, 0.45],
];

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

/** The faults of what is on screen, each with where it is. */
async function faultsOf(page: Page, where: string): Promise<string[]> {
  await page.evaluate(() => document.fonts.ready);
  await look(page, where);
  // Long prompts are cut after some lines, and a button shows the rest; the field of the prompt scrolls.
  return (await layoutFaults(page, { mayCut: ".truncate, .caption-cut, textarea" })).map((fault) => `${where}: ${fault}`);
}

async function boxOf(page: Page, id: string) {
  const box = await page.getByTestId(id).boundingBox();
  if (!box) throw new Error(`expected ${id} on screen`);
  return box;
}

describe.each(WINDOWS)("in a window of %s", (what, options, leastShare) => {
  const { width, height } = options.viewport ?? { width: 0, height: 0 };

  /** Both pictures are as large as promised and whole on screen, together with the button for a tie. */
  async function checkPictures(page: Page): Promise<void> {
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

  test.each(FULL ? (["light", "dark"] as const) : (["light"] as const))(
    "no page cuts, overlaps or hides anything, and the pictures are as large as the window allows, %s",
    async (colorScheme) => {
      const page = await site.visit({ ...options, colorScheme });
      const faults: string[] = [];
      const check = async (where: string) => faults.push(...(await faultsOf(page, `${what} ${colorScheme}: ${where}`)));
      await page.goto("/");
      await page.getByTestId("guest-sign-in").waitFor();
      await check("welcome");
      await page.getByTestId("guest-sign-in").click();
      await page.getByTestId("consent-accept").waitFor();
      await check("consent");
      await page.getByTestId("consent-accept").click();
      await page.getByTestId("prompt").waitFor();
      await check("prompt");
      await startRound(page);
      const picture = page.getByTestId("choice-left");
      await untilNextPair(page, () => (options.hasTouch ? picture.tap() : picture.click()));
      await checkPictures(page);
      await page.goto("/");
      await startRound(page, "a fox in Paris [umbrella]");
      await check("judge");
      await page.getByTestId("help").click();
      await check("help");
      await page.keyboard.press("Escape");
      await page.getByTestId("report").click();
      await check("report");
      await page.keyboard.press("Escape");
      await page.getByTestId("enlarge").click();
      await check("large view");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /^Menu/ }).click();
      await check("menu");
      await page.getByRole("button", { name: "Sign out" }).click();
      await check("sign out");
      await page.keyboard.press("Escape");
      for (const path of ["history", "leaderboard", "statistics", "about", "nonsense"]) {
        await page.goto(`/${path}`);
        await page.waitForLoadState("networkidle");
        await check(path);
      }
      await page.getByRole("link", { name: "To the pictures" }).waitFor();
      expect(faults).toEqual([]);
      await page.context().close();
    },
  );

  test.runIf(FULL || [320, 844, 1440].includes(width))("long prompts break no page, and can be read whole", async () => {
    const page = await site.visit(options);
    await signIn(page);
    const faults: string[] = [];
    for (const [name, prompt] of LONG_PROMPTS) {
      await page.goto("/");
      await page.getByTestId("prompt").fill(prompt);
      faults.push(...(await faultsOf(page, `${what}: prompt, ${name}`)));
      await page.getByTestId("start").click();
      await ready(page);
      faults.push(...(await faultsOf(page, `${what}: judge, ${name}`)));
      const whole = page.getByRole("button", { name: "Show the whole prompt" });
      if (await whole.isVisible()) await whole.click();
      const caption = page.getByTestId("caption");
      await eventually(() => caption.evaluate((text) => text.scrollHeight - text.clientHeight)).toBeLessThanOrEqual(1);
      faults.push(...(await faultsOf(page, `${what}: judge, ${name}, whole`)));
      await untilNextPair(page, () => page.getByTestId("choice-right").click());
    }
    for (const path of ["/", "/history"]) {
      await page.goto(path);
      await page.waitForLoadState("networkidle");
      faults.push(...(await faultsOf(page, `${what}: ${path} with long prompts`)));
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

test("the audit finds what is wrong: too wide, cut, covered, small, overlapping", async () => {
  const page = await site.visit();
  await page.setContent(`
    <p class="wide">${"w".repeat(400)}</p>
    <div id="cut">a long text that is cut</div>
    <button id="covered">covered</button><div id="cover"></div>
    <button id="small">s</button>
    <p id="a">first</p><p id="b">second</p>`);
  await page.addStyleTag({
    content: `#cut { width: 40px; height: 10px; overflow: hidden; white-space: nowrap } #covered { position: absolute; top: 200px; left: 0; width: 90px; height: 40px }
      #cover { position: absolute; top: 190px; left: 0; width: 200px; height: 90px; background: red } #small { width: 10px; height: 10px; padding: 0; position: absolute; top: 400px; left: 400px }
      #a, #b { position: absolute; top: 500px; left: 10px; margin: 0 }`,
  });
  const faults = (await layoutFaults(page)).join("\n");
  for (const fault of ["px wide in a window", "cut: <div", "out of reach: <button", "small: <button", "overlapping by"])
    expect(faults).toContain(fault);
  await page.context().close();
});
