import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Me } from "@pickapic/server/api";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { webFolder } from "../../src/index.ts";
import { findChromium } from "./chromium.ts";
import {
  api,
  bestOfFour,
  choicesOf,
  eventually,
  openSite,
  PATIENCE_MS,
  pairOf,
  ready,
  type Site,
  signIn,
  startRound,
  untilNextPair,
  violationsOn,
} from "./site.ts";

vi.setConfig({ testTimeout: 3 * PATIENCE_MS, hookTimeout: 5 * PATIENCE_MS });

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site?.close());

test("who comes back from a provider without being signed in is told so", async () => {
  const page = await site.visit();
  await page.goto("/api/auth/error?error=access_denied");
  await page.getByText("Signing in did not work, or was cancelled").waitFor();
  await page.getByTestId("guest-sign-in").waitFor();
  await page.context().close();
});

test("a round that is not one's own is refused in one sentence, with a way on", async () => {
  const page = await site.visit();
  await signIn(page);
  await page.goto(`/?round=${crypto.randomUUID()}`);
  await page.getByText("There is no such round among yours.").waitFor();
  await page.getByRole("link", { name: "Write a new prompt" }).click();
  await page.getByTestId("prompt").waitFor();
  await page.context().close();
});

test("each page has its own title and description, and an unknown address has status 404", async () => {
  const page = await site.visit();
  const seen = new Set<string>();
  for (const path of ["/", "/best-of-n", "/history", "/leaderboard", "/statistics", "/about"]) {
    const reply = await page.goto(path);
    expect([path, reply?.status()]).toEqual([path, 200]);
    const html = (await reply?.text()) ?? "";
    expect(html).toContain(`<meta property="og:url" content="${site.server.url}${path}"`);
    expect(html).toContain(`<meta property="og:image" content="${site.server.url}/preview.jpg"`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    seen.add(`${await page.title()} ${await page.locator('meta[name="description"]').getAttribute("content")}`);
  }
  expect(seen.size).toBe(6);
  expect((await page.goto("/nonsense"))?.status()).toBe(404);
  await page.getByRole("heading", { level: 1, name: "There is no such page" }).waitFor();
  expect(await page.title()).toContain("Page not found");
  for (const file of ["robots.txt", "site.webmanifest", "apple-touch-icon.png", "preview.jpg", "icon-512.png"])
    expect((await page.request.get(`/${file}`)).status()).toBe(200);
  await page.context().close();
});

test("a page has words before its style sheet and its scripts are there", async () => {
  const page = await site.visit();
  await page.route("**/assets/**", () => new Promise(() => {}));
  await page.goto("/", { waitUntil: "commit" });
  await page.getByText("Loading the page…").waitFor();
  await eventually(() => page.evaluate(() => performance.getEntriesByName("first-contentful-paint").length)).toBe(1);
  await page.context().close();
});

test("every page, dialog and menu passes the accessibility rules of axe, in light and in dark colours", async () => {
  const page = await site.visit({ colorScheme: "light" });
  const found: string[] = [];
  const walls = new Set<string>();
  const show = async (colorScheme: "light" | "dark") => {
    await page.emulateMedia({ colorScheme });
    await eventually(() => page.evaluate(() => document.getAnimations().length)).toBe(0);
    walls.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  };
  const check = async () => {
    found.push(...(await violationsOn(page)));
    // The dark pages differ from the light ones by nothing but colour.
    await show("dark");
    found.push(...(await violationsOn(page, ["color-contrast"])).map((each) => `dark: ${each}`));
    await show("light");
  };
  await page.goto("/");
  await page.getByTestId("guest-sign-in").waitFor();
  await check();
  await page.getByTestId("guest-sign-in").click();
  await page.getByTestId("consent-accept").waitFor();
  await check();
  await page.getByTestId("consent-accept").click();
  await page.getByTestId("prompt").waitFor();
  await check();
  await startRound(page, "a fox in Paris [umbrella]");
  await check();
  for (const dialog of ["help", "report", "enlarge"]) {
    await page.getByTestId(dialog).click();
    await check();
    await page.keyboard.press("Escape");
  }
  await untilNextPair(page, () => page.getByTestId("choice-left").click());
  await page.getByRole("button", { name: /^Menu/ }).click();
  await check();
  await page.getByRole("button", { name: "Sign out" }).click();
  await check();
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Best of n" }).first().click();
  await bestOfFour(page);
  await check();
  for (const name of ["My history", "Leaderboard", "Statistics", "About"]) {
    await page.getByRole("link", { name }).first().click();
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    if (name === "Statistics") await page.getByRole("img", { name: /^Answers per day/ }).waitFor();
    await page.waitForLoadState("networkidle");
    await check();
  }
  await page.goto("/nonsense");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await check();
  expect(found).toEqual([]);
  expect(walls.size).toBe(2);
  // The status of the unknown address is an error in the console, as it should be.
  expect(page.troubles).toEqual([]);
  await page.context().close();
});

test("judging works with the keyboard alone: every control can be reached and has a name", async () => {
  const page = await site.visit();
  await signIn(page);
  await startRound(page);
  const names: string[] = [];
  for (let step = 0; step < 20; step++) {
    await page.keyboard.press("Tab");
    names.push(
      await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? ""),
    );
  }
  for (const name of ["1: the left picture is better", "2: the right picture is better", "Change prompt", "Skip", "Enlarge"])
    expect(names).toContain(name);
  await page.getByTestId("choice-left").focus();
  await untilNextPair(page, () => page.keyboard.press("Space"));
  expect(await choicesOf(page)).toEqual(["left"]);
  await page.keyboard.press("?");
  expect(await page.getByRole("dialog").innerText()).toContain("How to judge");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("1");
  await page.keyboard.press("Escape");
  expect(await choicesOf(page)).toEqual(["left"]);
  await page.context().close();
});

test("space and the arrows up and down scroll a page that is higher than its window, and answer nothing", async () => {
  const page = await site.visit({ viewport: { width: 320, height: 256 } });
  await signIn(page);
  await startRound(page);
  for (const key of ["ArrowDown", "Space", "PageDown", "End"]) {
    await page.evaluate(() => scrollTo(0, 0));
    await page.keyboard.press(key);
    await eventually(() => page.evaluate(() => scrollY)).toBeGreaterThan(0);
  }
  await page.keyboard.press("ArrowUp");
  expect(await choicesOf(page)).toEqual([]);
  await page.context().close();
});

test("single keys answer in the judging area only, and can be switched off for good", async () => {
  const page = await site.visit();
  await signIn(page);
  await startRound(page);
  await page.getByRole("link", { name: "About" }).focus();
  await page.keyboard.press("1");
  await page.keyboard.press("ArrowRight");
  expect(await choicesOf(page)).toEqual([]);
  await page.getByTestId("help").click();
  await page.getByTestId("shortcuts").uncheck();
  await page.keyboard.press("Escape");
  await page.reload();
  await ready(page);
  const pair = await pairOf(page);
  for (const key of ["1", "2", "0", "s", "ArrowLeft"]) await page.keyboard.press(key);
  expect(await pairOf(page)).toBe(pair);
  expect(await choicesOf(page)).toEqual([]);
  await page.context().close();
});

test("a withdrawal is confirmed, leaves the history readable, and is taken back", async () => {
  const page = await site.visit();
  await signIn(page);
  await startRound(page);
  await untilNextPair(page, () => page.getByTestId("choice-left").click());
  await page.goto("/about");
  await page.getByRole("button", { name: "Withdraw my agreement…" }).click();
  await page.getByTestId("consent-withdraw").click();
  await page.getByText("Your agreement is withdrawn.").waitFor();
  await page.getByRole("link", { name: "Read my history" }).click();
  await eventually(() => page.getByTestId("history-item").count()).toBe(1);
  const file = await page.request.get((await page.getByRole("link", { name: "Download my answers" }).getAttribute("href")) ?? "");
  expect(((await file.json()) as { answers: unknown[] }).answers).toHaveLength(1);
  await page.goto("/about");
  await page.getByTestId("consent-again").click();
  await page.getByRole("button", { name: "Withdraw my agreement…" }).waitFor();
  expect((await api<Me>(page, "/api/me")).user?.consentVersion).not.toBeNull();
  await page.context().close();
});

test("on a phone the pictures make room for the notice of an answer that waits", async () => {
  const page = await site.visit({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
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
