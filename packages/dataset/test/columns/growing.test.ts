import { randomFor } from "@pickapic/chance";
import { expect, test } from "vitest";
import { GrowingDictionary } from "../../src/columns/dictionary.ts";
import { ascending, GrowingIntegers, GrowingNumbers } from "../../src/columns/growing.ts";

const random = randomFor("growing columns", 1);
const drawn = (most: number): bigint[] => [
  ...new Set(Array.from({ length: 500 }, () => BigInt(Math.floor((random() - 0.5) * most)))),
];

test.each([
  ["of a sequence, in order", Array.from({ length: 500 }, (_, i) => BigInt(i + 7))],
  ["nearly consecutive, negative ones too", drawn(900)],
  ["far apart", drawn(2 ** 50)],
  ["that differ only beyond the 53 bits of a double", drawn(900).map((key) => key + 2n ** 62n)],
  ["of both ends of int64", [2n ** 63n - 1n, -(2n ** 63n), 0n, -1n]],
  ["none", []],
])("keys %s are put in ascending order", (_, keys) => {
  const order = ascending(BigInt64Array.from(keys));
  expect([...order].map((i) => keys[i])).toEqual(keys.toSorted((a, b) => (a < b ? -1 : 1)));
});

test("columns longer than a chunk are taken in another order, and are empty then", () => {
  const length = 70_000;
  const integers = new GrowingIntegers();
  const numbers = new GrowingNumbers((size) => new Float64Array(size));
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < length; i++) {
    view.setBigInt64(0, BigInt(i) - 2n ** 40n);
    integers.pushBigEndian(view, 0);
    numbers.push(i / 2);
  }
  const backwards = Int32Array.from({ length }, (_, i) => length - 1 - i);
  const [whole, halved] = [integers.takeInOrder(backwards), numbers.takeInOrder(backwards)];
  for (const i of [0, 1, 4_463, 4_464, length - 1]) {
    expect(whole[i]).toBe(BigInt(length - 1 - i) - 2n ** 40n);
    expect(halved[i]).toBe((length - 1 - i) / 2);
  }
  expect([integers.values().length, numbers.values().length]).toEqual([0, 0]);
});

test("a dictionary finds a text by its bytes, and does not add it", () => {
  const dictionary = new GrowingDictionary();
  const texts = Array.from({ length: 3_000 }, (_, i) => Buffer.from(`Text ${i}`));
  for (const text of texts.slice(0, 2_000)) dictionary.codeOf(text, 0, text.length);
  const found = texts.map((text) => dictionary.find(text, 0, text.length));
  expect(found).toEqual(texts.map((_, i) => (i < 2_000 ? i : -1)));
  expect(dictionary.size).toBe(2_000);
});

test("a closed dictionary has its texts still, and takes no further ones", () => {
  const dictionary = new GrowingDictionary();
  const texts = Array.from({ length: 3_000 }, (_, i) => `ein Bär, Nummer ${i}`);
  expect(texts.map((text) => dictionary.codeOfText(text))).toEqual(texts.map((_, i) => i));
  expect(dictionary.closed().closed().size).toBe(3_000);
  expect(texts.map((_, code) => dictionary.text(code))).toEqual(texts);
  expect(() => dictionary.codeOfText("ein Bär, Nummer 1")).toThrow("closed");
});
