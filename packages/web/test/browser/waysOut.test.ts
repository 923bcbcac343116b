import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Me, Reports } from "@pickapic/server/api";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { smallToy } from "../../../../test/support/smallToy.ts";
import {
  choicesOf,
  eventually,
  karmaOf,
  openSite,
  outboxOf,
  PATIENCE_MS,
  pairOf,
  ready,
  type Site,
  signIn,
  startRound,
  type Tab,
  untilNextPair,
} from "./site.ts";

vi.setConfig({ testTimeout: 3 * PATIENCE_MS, hookTimeout: 5 * PATIENCE_MS });

/** While it is set, the generator waits for it. */
let gate: Promise<void> | null = null;

let site: Site;
let page: Tab;
beforeAll(async () => {
  const toy = smallToy();
  const generate: typeof toy.generate = async (request, options) => {
    await gate;
    return toy.generate(request, options);
  };
  site = await openSite({ backends: [{ ...toy, generate }] });
  page = await site.visit();
  await signIn(page);
});
afterAll(() => site?.close());

test("waiting is said in words from the first moment, and can be cancelled: the prompt is there to be changed", async () => {
  let release = () => {};
  gate = new Promise((done) => {
    release = done;
  });
  await page.getByTestId("prompt").fill("a fox with a slip [rain]");
  await page.getByTestId("start").click();
  await eventually(() => page.getByTestId("waiting").innerText()).toMatch(/Painting picture 1 of 2|ahead of yours/);
  await page.getByTestId("cancel").click();
  await eventually(() => page.getByTestId("prompt").inputValue()).toBe("a fox with a slip [rain]");
  gate = null;
  release();
});

test("the field has the focus and a counter, suggestions change, and a surprise starts at once", async () => {
  await page.goto("/");
  await page.getByTestId("prompt").waitFor();
  expect(await page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe("prompt");
  await page.keyboard.type("two owls");
  expect(await page.getByTestId("prompt-count").innerText()).toContain("8 / 1,000");
  const suggestions = await page.getByTestId("suggestions").innerText();
  await page.getByTestId("other-suggestions").click();
  expect(await page.getByTestId("suggestions").innerText()).not.toBe(suggestions);
  await page.getByTestId("prompt").fill("x".repeat(1_001));
  await page.getByTestId("start").click();
  await eventually(() => page.getByTestId("prompt-error").innerText()).toContain("1 character too many");
  await page.getByTestId("surprise").click();
  await ready(page);
});

test("what the generator did not follow stands beside the pictures, with what is not wanted", async () => {
  await page.goto("/");
  await startRound(page, "a fox in Paris [umbrella]");
  const warnings = await page.getByTestId("warnings").innerText();
  expect(warnings).toContain("The toy world ignores negative prompts.");
  expect(warnings).toContain("does not know “paris”");
  expect(await page.getByText("Not wanted: “umbrella”").count()).toBe(1);
});

test("a skipped pair is no answer, and two new pictures come", async () => {
  const before = (await pairOf(page)).split(" ");
  await untilNextPair(page, () => page.keyboard.press("s"));
  const after = (await pairOf(page)).split(" ");
  expect(after.filter((url) => before.includes(url))).toEqual([]);
  await untilNextPair(page, () => page.getByTestId("skip").click());
  expect(await choicesOf(page)).toEqual([]);
  expect(await karmaOf(page)).toBe("0");
});

test("a reported picture goes, and the operator reads why", async () => {
  const [, right] = (await pairOf(page)).split(" ");
  await page.getByTestId("report").click();
  await page.getByLabel("Picture 2").check();
  await page.getByLabel("It is no proper picture").check();
  await page.getByLabel("Anything to add?").fill("Only noise.");
  await untilNextPair(page, () => page.getByTestId("report-send").click());
  const token = (await readFile(join(site.folder, "admin-token"), "utf8")).trim();
  const reply = await page.request.get("/api/admin/reports", { headers: { authorization: `Bearer ${token}` } });
  const [report] = Reports.parse(await reply.json()).reports;
  expect(report).toMatchObject({ url: right, reason: "broken", note: "Only noise." });
});

test("the large view zooms both pictures together, flips them in place, and takes answers", async () => {
  await page.keyboard.press("e");
  const dialog = page.getByRole("dialog", { name: "Both pictures, large" });
  await dialog.waitFor();
  const transforms = () =>
    dialog.locator("img").evaluateAll((images) => images.map((image) => (image as HTMLElement).style.transform));
  await page.keyboard.press("+");
  const zoomed = await transforms();
  expect(zoomed[0]).toBe(zoomed[1]);
  expect(zoomed[0]).toContain("scale(1.4)");
  await page.keyboard.press("ArrowRight");
  expect((await transforms())[0]).not.toBe(zoomed[0]);
  const places = () =>
    dialog
      .locator(".frame")
      .evaluateAll((frames) =>
        frames.map((frame) => (frame.checkVisibility() ? Math.round(frame.getBoundingClientRect().x) : null)),
      );
  await page.keyboard.press("f");
  const [first, hidden] = await places();
  await page.keyboard.press("f");
  expect(await places()).toEqual([hidden, first]);
  const pair = await pairOf(page);
  await page.keyboard.press("1");
  await eventually(() => pairOf(page)).not.toBe(pair);
  expect(await choicesOf(page)).toEqual(["left"]);
  await eventually(() => transforms()).toEqual(new Array(2).fill("translate(0%, 0%) scale(1)"));
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});

test("the time of an answer begins when the pictures are painted", async () => {
  await ready(page);
  const sent = page.waitForRequest("**/answer");
  await page.waitForTimeout(400);
  await page.keyboard.press("2");
  const { elapsedMs } = (await sent).postDataJSON() as { elapsedMs: number };
  expect(elapsedMs).toBeGreaterThanOrEqual(400);
  await ready(page);
});

test("a choice before the pictures can have been seen is not sent, by key, touch or button, and the page says why", async () => {
  const hasty = await site.visit({ hasTouch: true });
  const sent: string[] = [];
  hasty.on("request", (request) => request.url().endsWith("/answer") && sent.push(request.url()));
  await hasty.route(/\/api\/(me|consent)$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...((await response.json()) as Me), fastestAnswerMs: 3_600_000 } });
  });
  await signIn(hasty);
  await hasty.getByTestId("prompt").fill("a red apple");
  await hasty.getByTestId("start").click();
  await hasty.locator('[data-testid="skip"]:not([disabled])').waitFor();
  const said = () => hasty.getByText("faster than anyone can look").count();
  for (const act of [
    () => hasty.keyboard.press("1"),
    () => hasty.keyboard.press("ArrowRight"),
    () => hasty.getByTestId("choice-left").tap({ force: true }),
    () => hasty.getByTestId("choice-tie").click({ force: true }),
  ]) {
    await act();
    await eventually(said).toBe(1);
  }
  expect(sent).toEqual([]);
  expect(await outboxOf(hasty)).toEqual([]);
  await untilNextPair(hasty, async () => {
    await hasty.unrouteAll();
    await hasty.reload();
    await ready(hasty);
    await hasty.getByTestId("choice-left").tap();
  });
  expect(await choicesOf(hasty)).toEqual(["left"]);
  await hasty.context().close();
});

test("each picture is asked for once while one judges, although caches ask again before each use", async () => {
  const token = (await readFile(join(site.folder, "admin-token"), "utf8")).trim();
  const arrived = async () => {
    const metrics = await page.request.get("/api/metrics", { headers: { authorization: `Bearer ${token}` } });
    const counts = (await metrics.text()).matchAll(
      /^pickapic_request_seconds_count\{method="GET",route="\/api\/images\/:id".*\} (\d+)$/gm,
    );
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const one = await site.visit();
  await signIn(one);
  const before = await arrived();
  const wanted = new Set<string>();
  one.on("request", (request) => request.url().includes("/api/images/") && wanted.add(request.url()));
  await startRound(one);
  for (const key of ["1", "2", "0", "1"]) await untilNextPair(one, () => one.keyboard.press(key));
  await untilNextPair(one, () => one.keyboard.press("z"));
  await one.keyboard.press("e");
  await one.getByRole("dialog", { name: "Both pictures, large" }).waitFor();
  await one.waitForLoadState("networkidle");
  expect(wanted.size).toBeGreaterThan(5);
  expect(await arrived()).toBe(before + wanted.size);
  await one.context().close();
});

test("the history is searched, opens pictures large, and leads back into the round", async () => {
  await page.goto("/history");
  await eventually(() => page.getByTestId("history-item").count()).toBe(2);
  await page.getByTestId("history-search").fill("no such prompt");
  await page.getByText("No such answers").waitFor();
  await page.getByTestId("history-search").fill("PARIS");
  await eventually(() => page.getByTestId("history-item").count()).toBe(2);
  await page.getByTestId("history-choice").selectOption("left");
  await eventually(() => page.getByTestId("history-item").count()).toBe(1);
  await page.getByRole("button", { name: /^Enlarge both pictures, left/ }).click();
  await page.getByRole("dialog", { name: "Both pictures, large" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Go on with this prompt" }).click();
  await ready(page);
});

test("a guest who signs out is warned first, and the address forgets the round", async () => {
  await page.getByRole("button", { name: /^Menu/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("The 2 answers that you gave are kept").waitFor();
  await page.getByRole("button", { name: "Stay signed in" }).click();
  expect(await karmaOf(page)).toBe("2");
  await page.getByRole("button", { name: /^Menu/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByTestId("sign-out-confirm").click();
  await page.getByTestId("guest-sign-in").waitFor();
  expect(new URL(page.url()).search).toBe("");
  expect(page.troubles).toEqual([]);
});
