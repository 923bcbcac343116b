import fc from "fast-check";
import { expect, test } from "vitest";
import { imageOfText } from "../src/images/asked.ts";
import { decodeBase64 } from "../src/images/base64.ts";
import { type HeldImage, parseQuestion } from "../src/images/question.ts";

/** Base64 that begins as that of a JPEG, at least 1,024 characters. */
const jpeg = fc
  .uint8Array({ minLength: 1, maxLength: 9 })
  .map((bytes) => `/9j/${Buffer.from([...Array(800).keys(), ...bytes]).toString("base64")}`);
const image = fc.oneof(
  jpeg,
  jpeg.map((text) => `data:image/jpeg;base64,${text}`),
);
/** Texts with what a scan of quotes may trip over, images with escapes and unlike images, and images. */
const text = fc.oneof(
  image,
  fc.string({ unit: fc.constantFrom('"', "\\", "/9j/", "é", "\u{e000}image 0", ",", "]") }),
  image.map((each) => `${each.slice(0, 900)}"\\${each.slice(900)}`),
  fc.constant("a".repeat(2_000)),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.array(tie("json"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constant("__proto__")), tie("json"), { maxKeys: 3 }),
  ),
}));

test("a body is parsed as JSON.parse does, but that images come as their bytes", () => {
  let images = 0;
  const cut = (_key: string, each: unknown) => {
    if (!isImage(each)) return each;
    images++;
    return each.slice(0, 100); // as a held image shows itself
  };
  fc.assert(
    fc.property(fc.constantFrom(0, 1), json, (indent, value) => {
      const written = JSON.stringify(value, null, indent);
      expect(JSON.stringify(parseQuestion(Buffer.from(written)))).toBe(JSON.stringify(JSON.parse(written), cut));
    }),
    { seed: 7, numRuns: 200 },
  );
  expect(images).toBeGreaterThan(50);
});

const isImage = (each: unknown): each is string =>
  typeof each === "string" &&
  each.length >= 1_024 &&
  /^(?:\/9j\/|data:)/.test(each) &&
  !/["\\]/.test(JSON.stringify(each).slice(1, -1));

test("an image is decoded in the memory of its body, once, also when its base64 is broken into lines", () => {
  fc.assert(
    fc.property(image, fc.boolean(), (came, lines) => {
      const sent = lines ? came.replaceAll(/(.{76})/g, "$1 ") : came;
      const body = Buffer.from(JSON.stringify([sent]));
      const [held] = parseQuestion(body) as [HeldImage];
      const first = imageOfText(held, "images[0]");
      const bytes = Buffer.from(came.replace(/^data:.*?,/, ""), "base64");
      expect("bytes" in first && bytes.equals(first.bytes)).toBe(true);
      expect("bytes" in first && first.bytes.buffer).toBe(body.buffer);
      expect(imageOfText(held, "images[0]")).toEqual(first);
    }),
    { seed: 8, numRuns: 20 },
  );
});

test("base64 is decoded as Node decodes it, over any number of pieces, with and without lines and padding; all else is refused", () => {
  const base64 = fc.record({
    length: fc.oneof(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 18_425, max: 18_440 }),
      fc.integer({ min: 1, max: 60_000 }),
    ),
    everyth: fc.constantFrom(0, 1, 76, 24_575, 24_576, 24_577),
    padded: fc.boolean(),
    end: fc.constantFrom("", "\n", " \r\n\t"),
  });
  fc.assert(
    fc.property(
      base64,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.constantFrom("=", "!", "é"),
      (how, place, wrong) => {
        const bytes = Buffer.from(Array.from({ length: how.length }, (_, i) => (i * 31) % 256));
        const text = bytes.toString(how.padded ? "base64" : "base64url");
        const lines = how.everyth ? (text.match(new RegExp(`.{1,${how.everyth}}`, "g")) ?? []).join("\n") : text;
        const sent = Buffer.from(lines + how.end);
        const found = decodeBase64(sent);
        expect(found && bytes.equals(found)).toBe(true);
        expect(found?.buffer).toBe(sent.buffer);
        const at = Math.floor(place * (text.replaceAll("=", "").length - 1)) + 1;
        expect(decodeBase64(Buffer.from(`${text.slice(0, at - 1)}${wrong}${text.slice(at)}`))).toBe(null);
      },
    ),
    { seed: 9, numRuns: 40 },
  );
  expect(["", "\n", "=", "==", "A", "AAAAA"].map((text) => decodeBase64(Buffer.from(text)))).toEqual(Array(6).fill(null));
});

test.each(['{"images":["/9j/', `["${"/9j/".repeat(400)}"`, "", '"\\'])("refuses what is no JSON: %.12s", (body) => {
  expect(() => parseQuestion(Buffer.from(body))).toThrow(SyntaxError);
});
