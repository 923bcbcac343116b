import { seededRandom } from "@pickapic/chance";
import { compressors } from "hyparquet-compressors";
import { ByteWriter } from "hyparquet-writer";
import { deltaBinaryPack } from "hyparquet-writer/src/delta.js";
import { describe, expect, test } from "vitest";
import { PageMemory } from "../../src/pages/memory.ts";
import { TextNumbers } from "../../src/pages/textNumbers.ts";
import { packBits, pushRun } from "../../src/shards/encodings.ts";
import { PageBytes } from "../../src/shards/pageBytes.ts";
import { pushSnappy } from "../../src/shards/snappy.ts";

/** Puts bytes into the memory. What was there before is not zero, as in a memory that was used. */
function held(memory: PageMemory, bytes: Uint8Array): { at: number; end: number } {
  const at = memory.take(bytes.length + 64);
  memory.bytes(at, bytes.length + 64).fill(0xa5);
  memory.bytes(at, bytes.length).set(bytes);
  return { at, end: at + bytes.length };
}

describe("Snappy", () => {
  const unpack = (packed: Uint8Array, length: number): Buffer | undefined => {
    const memory = new PageMemory();
    const { at, end } = held(memory, packed);
    const to = memory.take(length);
    return memory.unpack(at, end, to, to + length) === 1 ? Buffer.from(memory.bytes(to, length)) : undefined;
  };
  const packed = (input: Uint8Array): Uint8Array => {
    const target = new PageBytes();
    pushSnappy(target, input);
    return target.filled().slice();
  };

  test("gives back what was packed: nothing, noise, repetitions of every distance, and literals of every length of a length", () => {
    const random = seededRandom(3);
    const noise = Uint8Array.from({ length: 70_000 }, () => 256 * random());
    const inputs: Uint8Array[] = [0, 1, 3, 4, 16, 17, 60, 61, 256, 257, 65_536, 65_537].map((length) =>
      noise.subarray(0, length),
    );
    for (let distance = 1; distance < 40; distance++)
      inputs.push(Uint8Array.from({ length: 300 }, (_, i) => noise[i % distance] ?? 0));
    inputs.push(Buffer.concat([noise, noise.subarray(0, 500)]), Buffer.from("a photo of a cat. ".repeat(5000)));
    for (const input of inputs) expect(unpack(packed(input), input.length)?.equals(input)).toBe(true);
  });

  test("of damaged bytes is refused, or read as another program reads it", () => {
    const random = seededRandom(5);
    const below = (n: number) => Math.floor(n * random());
    const input = Buffer.from(Array.from({ length: 60 }, () => `a photo of ${below(9)} cats. ${below(1e9)}`).join(" "));
    const sound = packed(input);
    let refused = 0;
    for (let i = 0; i < 2000; i++) {
      const broken = sound.slice(0, i % 4 === 0 ? below(sound.length) : sound.length);
      if (broken.length > 0) broken[below(broken.length)] = below(256);
      const found = unpack(broken, input.length);
      if (!found) refused++;
      else expect(found.equals(compressors.SNAPPY?.(broken, input.length) ?? new Uint8Array())).toBe(true);
    }
    expect(refused).toBeGreaterThan(500);
    // A literal and a copy that are one byte longer than what they may read or write, and a copy from before the start.
    for (const bytes of [
      [4, 12, 65, 65, 65],
      [4, 16, 65, 65, 65, 65, 65],
      [5, 0, 65, 5, 1],
      [5, 0, 65, 1, 2],
      [5, 0, 65, 1, 0],
    ])
      expect(unpack(Uint8Array.from(bytes), bytes[0] ?? 0)).toBeUndefined();
    expect(unpack(Uint8Array.from([5, 0, 65, 1, 1]), 5)?.toString()).toBe("AAAAA");
  });
});

describe("runs and packed bits", () => {
  const decode = (bytes: Uint8Array, bits: number, count: number): number[] | undefined => {
    const memory = new PageMemory();
    const { at, end } = held(memory, bytes);
    const to = memory.take(4 * count);
    const next = memory.hybrid(at, end, bits, count, to);
    if (next === 0) return undefined;
    expect(next).toBe(end);
    return [...memory.integers(to, count)];
  };

  test("are integers of 1 to 32 bits, in any order of both", () => {
    const random = seededRandom(7);
    for (let bits = 1; bits <= 32; bits++) {
      const target = new PageBytes();
      const expected: number[] = [];
      for (let part = 0; part < 6; part++) {
        const count = 8 * (1 + Math.floor(4 * random()));
        const values = Float64Array.from({ length: count }, () => Math.floor(2 ** bits * random()));
        if (part % 2 === 0) pushRun(target, values[0] ?? 0, count, bits);
        else {
          target.pushVarint((count / 8) * 2 + 1);
          packBits(target, values, 0, count, bits);
        }
        for (const value of values) expected.push((part % 2 === 0 ? (values[0] ?? 0) : value) | 0);
      }
      expect(decode(target.filled(), bits, expected.length)).toEqual(expected);
      expect(decode(target.filled().subarray(0, -1), bits, expected.length)).toBeUndefined();
    }
  });

  test("may hold more integers than are wanted, and not fewer", () => {
    const target = new PageBytes();
    pushRun(target, 3, 100, 2);
    expect(decode(target.filled(), 2, 9)).toEqual(new Array(9).fill(3));
    expect(decode(target.filled(), 2, 101)).toBeUndefined();
    expect(decode(Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), 2, 9)).toBeUndefined();
  });
});

test("differences are integers of up to 64 bits, as another program packs them, and bytes that end too early are refused", () => {
  const random = seededRandom(11);
  const limits = [2 ** 62 * 2, 1, 100, 2 ** 31, 2 ** 56, 2 ** 60];
  for (const limit of limits)
    for (const count of [1, 2, 32, 33, 128, 129, 300]) {
      const values = Array.from({ length: count }, () => BigInt.asIntN(64, BigInt(Math.floor(limit * (random() - 0.5) * 2))));
      const writer = new ByteWriter();
      deltaBinaryPack(writer, values, "INT64");
      const bytes = new Uint8Array(writer.getBytes());
      const memory = new PageMemory();
      const { at, end } = held(memory, bytes);
      const to = memory.take(8 * count);
      expect(memory.deltas(at, end, count, to)).toBe(end);
      expect([...new BigInt64Array(memory.memory.buffer, to, count)]).toEqual(values);
      expect(memory.deltas(at, end, count + 1, to)).toBe(0);
      for (let cut = 1; cut < Math.min(20, bytes.length); cut++) expect(memory.deltas(at, end - cut, count, to)).toBe(0);
    }
});

test("equal texts have one number, by their first appearance, however many there are and whatever their length", () => {
  const random = seededRandom(13);
  const memory = new PageMemory();
  const numbers = new TextNumbers(memory);
  const known = new Map<string, number>();
  for (let round = 0; round < 12; round++) {
    memory.clear();
    const texts = Array.from({ length: 3000 }, () => {
      const text = `${Math.floor(20_000 * random())}`;
      return text.padEnd(Math.floor(40 * random()), "é");
    });
    if (round === 5) texts.push("x".repeat(300_000), "", "");
    const addresses = texts.map((text) => {
      const bytes = Buffer.from(text);
      const { at } = held(memory, Buffer.concat([Buffer.alloc(4), bytes]));
      new DataView(memory.memory.buffer).setUint32(at, bytes.length, true);
      return at;
    });
    const at = memory.take(4 * texts.length);
    memory.integers(at, texts.length).set(addresses);
    numbers.number({ at, count: texts.length });
    for (const text of texts) if (!known.has(text)) known.set(text, known.size);
    expect([...memory.integers(at, texts.length)]).toEqual(texts.map((text) => known.get(text)));
  }
  expect(numbers.size).toBe(known.size);
  expect(known.size).toBeGreaterThan(10_000);
});

test("texts with the same hash have different numbers", () => {
  // Of so many texts about ten have the hash of 32 bits of another one.
  const count = 300_000;
  const memory = new PageMemory();
  const texts = memory.take(12 * count);
  const at = memory.take(4 * count);
  const [bytes, addresses] = [memory.bytes(texts, 12 * count), memory.integers(at, count)];
  const view = new DataView(memory.memory.buffer, texts);
  for (let i = 0; i < count; i++) {
    view.setUint32(12 * i, 8, true);
    bytes.set(Buffer.from(i.toString(36).padStart(8, "-")), 12 * i + 4);
    addresses[i] = texts + 12 * i;
  }
  const numbers = new TextNumbers(memory);
  numbers.number({ at, count });
  expect(numbers.size).toBe(count);
});
