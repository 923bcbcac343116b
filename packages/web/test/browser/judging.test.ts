import type { Me, Round } from "@pickapic/server/api";
import { toyBackend } from "@pickapic/toyworld";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import {
  answersOf,
  api,
  choicesOf,
  eventually,
  karmaOf,
  openComparison,
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
  violationsOn,
} from "./site.ts";

vi.setConfig({ testTimeout: 3 * PATIENCE_MS, hookTimeout: 5 * PATIENCE_MS });

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site?.close());

describe("judging", () => {
  let page: Tab;
  beforeAll(async () => {
    page = await site.visit();
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
    const stood = await answersOf(page);
    await untilNextPair(page, () => page.keyboard.press("ArrowLeft"));
    await untilNextPair(page, () => page.keyboard.press("0"));
    await page.reload();
    await ready(page);
    // The history is not asked in between: an answer whose generators it has named cannot be taken back.
    expect(await answersOf(page)).toBe(stood + 2);
    await untilNextPair(page, () => page.keyboard.press("z"));
    expect(await answersOf(page)).toBe(stood + 1);
    await untilNextPair(page, () => page.keyboard.press("z"));
    expect(await answersOf(page)).toBe(stood);
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
    await page.keyboard.press("0");
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
      headers: { "idempotency-key": crypto.randomUUID(), origin: site.server.url },
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

  test("history shows every answer, and names the generators of a prompt that is finished", async () => {
    const answers = await choicesOf(page);
    await page.getByRole("link", { name: "My history" }).click();
    await eventually(() => page.getByTestId("history-item").count()).toBe(answers.length);
    expect((await page.getByTestId("history-item").allInnerTexts()).join()).not.toMatch(/toy-/);
    await page.getByTestId("finish").first().click();
    await eventually(() => page.getByTestId("history-item").first().innerText()).toMatch(/toy-.*toy-/s);
    await page.getByRole("link", { name: "Write this prompt again" }).first().waitFor();
    expect(await page.getByRole("link", { name: /^Download: / }).count()).toBe(2 * answers.length);
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
    const withdrawn = await page.request.delete("/api/consent", { headers: { origin: site.server.url } });
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
  const page = await site.visit();
  await signIn(page);
  await startRound(page);
  await page.route("**/answer", (route) => route.abort("connectionrefused"));
  await page.keyboard.press("ArrowLeft");
  await eventually(() => outboxOf(page)).toHaveLength(1);
  await page.getByRole("button", { name: /^Menu/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByTestId("sign-out-confirm").click();
  await page.getByText("1 answer of another account on this device").waitFor();
  await page.getByRole("button", { name: "Hide this" }).click();
  await page.getByTestId("outbox").waitFor({ state: "detached" });
  await page.reload();
  await page.getByTestId("guest-sign-in").waitFor();
  expect(await page.getByTestId("outbox").count()).toBe(0);
  expect(await outboxOf(page)).toHaveLength(1);
  await page.context().close();
});
