/** @file Takes docs/screenshot-*.webp from the real pages over a fresh app. Run: npx node scripts/screenshots.ts */
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@pickapic/cli";
import { startServer } from "@pickapic/server";
import { AdminImage, Round, type ShownImage } from "@pickapic/server/api";
import { describeImage, toyBackend } from "@pickapic/toyworld";
import { buildWeb, isBuilt, webFolder } from "@pickapic/web";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import sharp from "sharp";

const PROMPT = "a watercolour of two penguins in the snow";
/** After this many answers any pair is taken for the screenshots. */
const PATIENCE = 60;
const DESKTOP = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.25 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

async function save(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(500);
  const bytes = await sharp(await page.screenshot())
    .webp({ quality: 82, effort: 6 })
    .toBuffer();
  const file = `docs/screenshot-${name}.webp`;
  await writeFile(`${file}.new`, bytes);
  await rename(`${file}.new`, file);
  process.stderr.write(`${file}: ${Math.round(bytes.length / 1000)} kB\n`);
}

/** The quality of a picture, 0...1: the product of its faithfulness to the prompt, its polish and its vividness. */
async function look(page: Page, { url }: ShownImage, token: string): Promise<number> {
  const address = url.replace("/api/images/", "/api/admin/images/");
  const reply = await page.request.get(address, { headers: { authorization: `Bearer ${token}` } });
  const { faithfulness, polish, vividness } = describeImage(AdminImage.parse(await reply.json()).request);
  return faithfulness * polish * vividness;
}

/** Picks the better picture of each pair until both pictures of a pair are good. */
async function judge(page: Page, token: string): Promise<void> {
  await page.goto("/");
  await page.getByTestId("guest-sign-in").click();
  await page.getByTestId("consent-accept").click();
  await page.getByTestId("prompt").fill(PROMPT);
  await page.getByTestId("start").click();
  for (let answers = 0; ; answers++) {
    await page.locator('[data-testid="choice-left"][aria-disabled="false"]').waitFor();
    const id = new URL(page.url()).searchParams.get("round");
    const { comparison } = Round.parse(await (await page.request.get(`/api/rounds/${id}`)).json());
    if (!comparison) throw new Error("a pair is on screen, but the round has none");
    const [left, right] = [await look(page, comparison.left, token), await look(page, comparison.right, token)];
    if (answers === PATIENCE || (answers > 10 && Math.min(left, right) > 0.5)) return;
    await page.keyboard.press(left > right ? "ArrowLeft" : "ArrowRight");
    // The next pair keeps the better picture, on either side, and no longer has the other one.
    await page
      .locator(`.pair img[src="${(left > right ? comparison.right : comparison.left).url}"]`)
      .waitFor({ state: "detached" });
  }
}

async function judging(context: BrowserContext, phone: BrowserContext, token: string): Promise<void> {
  const page = await context.newPage();
  await judge(page, token);
  await save(page, "judge-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await save(page, "judge-dark");
  await phone.addCookies(await context.cookies());
  const small = await phone.newPage();
  await small.goto(page.url());
  await small.getByTestId("image-right").waitFor();
  await save(small, "judge-phone");
}

async function results(context: BrowserContext, url: string, folder: string): Promise<void> {
  const quiet = { write: () => true };
  const { signal } = new AbortController();
  const world = { stdout: quiet, stderr: quiet, env: {}, signal, now: () => performance.now(), goOn: "" };
  const words = ["simulate", "--url", url, "--data", folder, "--users", "30", "--answers", "600"];
  if ((await run(words, world)) !== 0) throw new Error("pickapic simulate failed: run it by hand to see why");
  for (const name of ["leaderboard", "statistics"]) {
    const page = await context.newPage();
    await page.goto(`/${name}`);
    await page.waitForLoadState("networkidle");
    await save(page, name);
  }
}

const folder = await mkdtemp(join(tmpdir(), "pickapic-screenshots-"));
if (!isBuilt()) await buildWeb();
const server = await startServer({ dataFolder: folder, port: 0, backends: [toyBackend()], webFolder, cacheMs: 0 }, {});
const executablePath = process.env.PICKAPIC_CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  const open = (size: object) => browser.newContext({ baseURL: server.url, ...size });
  const [context, phone] = await Promise.all([open(DESKTOP), open(PHONE)]);
  await judging(context, phone, (await readFile(join(folder, "admin-token"), "utf8")).trim());
  await results(context, server.url, folder);
} finally {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
