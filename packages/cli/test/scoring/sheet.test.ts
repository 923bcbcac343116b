import { join } from "node:path";
import { parseHTML } from "linkedom";
import sharp from "sharp";
import { expect, test } from "vitest";
import type { Scored } from "../../src/scoring/output.ts";
import type { ScoredImage } from "../../src/scoring/run.ts";
import { Sheet } from "../../src/scoring/sheet.ts";
import { temporaryFolder } from "./scenery.ts";

const dot = await sharp({ create: { width: 2, height: 2, channels: 3, background: "#c33" } })
  .png()
  .toBuffer();

function entry(prompt: string, name: string, score: number | null, more: Partial<Scored> = {}): ScoredImage {
  const error = score === null ? `${name}: expected a picture.` : null;
  const scored = { row: 1, prompt, image: name, rank: null, score, probability: null, error, ...more };
  return { scored, carried: {}, image: dot };
}

/** What a reader sees: for each heading the names below it. */
async function seen(sheet: Sheet) {
  const { document } = parseHTML(await sheet.page({ scorer: "model", caution: null, folder: null }));
  const sections = [...document.querySelectorAll("section")].map((section) => [
    section.querySelector("h2")!.textContent,
    [...section.querySelectorAll("figure .name, li")].map(({ textContent }) => textContent),
  ]);
  return { document, sections: Object.fromEntries(sections) as Record<string, string[]> };
}

test("each prompt has a section, best first; equal scores keep their order; what cannot be read comes last", async () => {
  const sheet = new Sheet();
  await sheet.add([entry("a cat", "1", 1), entry("a cat", "3", 3), entry("a dog", "9", -9), entry("a cat", "none", null)]);
  await sheet.add([entry("a cat", "2", 2), entry("a cat", "3b", 3)]);
  expect((await seen(sheet)).sections).toEqual({
    "a cat": ["3", "3b", "2", "1"],
    "a dog": ["9"],
    "1 image could not be read": ["none: expected a picture."],
  });
});

test("the page needs nothing from elsewhere, and nothing that was typed becomes markup", async () => {
  const sheet = new Sheet();
  await sheet.add([
    entry('<script>alert("1")</script>', '"><img src=x onerror=alert(1)>', 1, {
      probability: 0.25,
      percentile: 75,
      preferred: 0.5,
    }),
  ]);
  const { document } = await seen(sheet);
  expect(document.querySelectorAll("script, link, [onerror]")).toHaveLength(0);
  const images = [...document.querySelectorAll("img")];
  expect(images.map(({ src }) => src.slice(0, 23))).toEqual(["data:image/jpeg;base64,"]);
  const thumbnail = await sharp(Buffer.from(images[0]!.src.slice(23), "base64")).metadata();
  expect([thumbnail.format, thumbnail.width]).toEqual(["jpeg", 2]);
  expect([...document.querySelectorAll("dl div")].map(({ textContent }) => textContent)).toEqual([
    "probability25.0\u00a0%",
    "percentile75",
    "preferred50.0\u00a0%",
  ]);
});

test("a full sheet drops the worst of the largest prompt, and counts what it does not show", async () => {
  const sheet = new Sheet(6);
  await sheet.add(Array.from({ length: 20 }, (_, i) => entry("many", `m${i}`, (i * 7) % 20)));
  await sheet.add([entry("few", "f1", -1), entry("few", "f2", -2), entry("one", "o1", -50)]);
  const { document, sections } = await seen(sheet);
  expect(sections.few).toEqual(["f1", "f2"]);
  expect(sections.one).toEqual(["o1"]);
  expect(sections.many).toHaveLength(3);
  expect(document.querySelectorAll(".score")[0]!.textContent).toBe("19.00");
  expect(document.querySelector("header p")!.textContent).toContain(
    "23 images, best first; 17 more images with lower scores are not shown.",
  );
  // Prompts beyond the room for one image each are not shown either.
  await sheet.add(Array.from({ length: 10 }, (_, i) => entry(`p${i}`, `${i}`, 99)));
  expect(Object.values((await seen(sheet)).sections).flat()).toHaveLength(6);
});

test("a picture that is gone by now keeps its score", async () => {
  const sheet = new Sheet();
  const gone = { ...entry("a cat", "gone.png", 4), image: join(temporaryFolder(), "gone.png") };
  await sheet.add([gone]);
  const { document } = await seen(sheet);
  expect(document.querySelector("figure")!.textContent).toContain("no preview");
  expect(document.querySelector(".score")!.textContent).toBe("4.00");
});

test("an empty sheet is a page, too", async () => {
  expect((await seen(new Sheet())).document.querySelector("header p")!.textContent).toMatch(/^0 images, best first\./);
});

test("each picture links the file itself: from the folder of the sheet, whatever its name", async () => {
  const sheet = new Sheet();
  const image = join("/shop", "red apples", "50 % #1.png");
  await sheet.add([{ ...entry("a cat", image, 1), image }, entry("a cat", "bytes.png", 0)]);
  const hrefs = async (folder: string | null) => {
    const { document } = parseHTML(await sheet.page({ scorer: "model", caution: null, folder }));
    return [...document.querySelectorAll("figure a")].map((a) => a.getAttribute("href"));
  };
  expect(await hrefs("/shop/sheets")).toEqual(["../red%20apples/50%20%25%20%231.png"]);
  expect(await hrefs(null)).toEqual(["file:///shop/red%20apples/50%20%25%20%231.png"]);
});

test("a caution about the scorer stands above the pictures", async () => {
  const { document } = parseHTML(await new Sheet().page({ scorer: "toy", caution: "It knows toys <only>.", folder: null }));
  expect(document.querySelector("header .note")?.textContent).toBe("It knows toys <only>.");
});
