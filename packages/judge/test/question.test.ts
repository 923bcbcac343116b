import fc from "fast-check";
import { expect, test } from "vitest";
import { imageOfText } from "../src/images/asked.ts";
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

test.each(['{"images":["/9j/', `["${"/9j/".repeat(400)}"`, "", '"\\'])("refuses what is no JSON: %.12s", (body) => {
  expect(() => parseQuestion(Buffer.from(body))).toThrow(SyntaxError);
});
