import { expect, test } from "vitest";
import { extendedTexts, prefixedTexts, uuidTexts } from "../../src/columns/derivedTexts.ts";
import { GrowingDictionary, type TextDictionary } from "../../src/columns/dictionary.ts";
import { GrowingUuids } from "../../src/columns/uuids.ts";

const words = new GrowingDictionary();
for (const word of ["", "fog", "ein Bär", "🍎", "a much longer negative prompt"]) words.codeOfText(word);
const binary = new GrowingUuids();
for (let i = 0; i < 5; i++)
  binary.codeOf(new DataView(Uint8Array.from({ length: 16 }, (_, k) => (37 * i + 11 * k) % 256).buffer), 0);
const uuids = uuidTexts(binary);
const KINDS: Record<string, TextDictionary> = {
  growing: words,
  uuids,
  "prefixed uuids": prefixedTexts("https://ü.example/", uuids),
  "uuids and none": extendedTexts(uuids, "none"),
};

test.each(Object.entries(KINDS))(
  "many texts of a dictionary, %s, are written at once as each of them is by itself",
  (_, texts) => {
    const codes = Int32Array.of(3, -1, 0, texts.size - 1, 3, 4, -1);
    const expected = Array.from(codes, (code) => (code < 0 ? "" : texts.text(code)));
    const lengths = new Int32Array(codes.length).fill(99);
    texts.byteLengths(codes, lengths);
    expect([...lengths]).toEqual(expected.map((text) => Buffer.byteLength(text)));
    const starts = lengths.map((_, i) => 7 + lengths.subarray(0, i).reduce((sum, length) => sum + length + 1, 0));
    const bytes = new Uint8Array(400).fill(33);
    texts.writeEach(codes, bytes, starts);
    const each = new Uint8Array(400).fill(33);
    for (const [i, code] of codes.entries()) if (code >= 0) texts.write(code, each, starts[i] ?? 0);
    expect(bytes).toEqual(each);
    for (const [i, text] of expected.entries())
      expect(Buffer.from(bytes.subarray(starts[i], (starts[i] ?? 0) + (lengths[i] ?? 0))).toString()).toBe(text);
  },
);
