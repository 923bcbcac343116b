import { seededRandom } from "@pickapic/chance";
import { compressors } from "hyparquet-compressors";
import { expect, test } from "vitest";
import { PageBytes } from "../../src/shards/pageBytes.ts";
import { pushSnappy } from "../../src/shards/snappy.ts";

const packed = (input: Uint8Array): Uint8Array => {
  const target = new PageBytes();
  pushSnappy(target, input);
  return target.filled();
};

test("another program unpacks what was packed: nothing, noise, runs, far copies and literals of every length of a length", () => {
  const random = seededRandom(3);
  const noise = Uint8Array.from({ length: 70_000 }, () => 256 * random());
  const inputs: Uint8Array[] = [0, 1, 3, 4, 60, 61, 256, 257, 65_536, 65_537].map((length) => noise.subarray(0, length));
  inputs.push(new Uint8Array(1000).fill(7), Buffer.concat([noise.subarray(0, 65_530), noise.subarray(0, 3000)]));
  inputs.push(Buffer.concat([noise, noise.subarray(0, 500)]), Buffer.from("a photo of a cat. ".repeat(5000)));
  // Copies from as far back as is possible, and from a little too far.
  for (let back = 65_534; back < 65_540; back++) inputs.push(Buffer.concat([noise.subarray(0, back), noise.subarray(0, 3000)]));
  for (const input of inputs) {
    const unpacked = compressors.SNAPPY?.(packed(input), input.length) ?? [];
    expect(Buffer.compare(Buffer.from(unpacked), input)).toBe(0);
  }
});

test("what repeats gets smaller, and noise hardly larger", () => {
  expect(packed(Buffer.from("a photo of a cat. ".repeat(5000))).length).toBeLessThan(5000);
  const random = seededRandom(4);
  expect(packed(Uint8Array.from({ length: 60_000 }, () => 256 * random())).length).toBeLessThan(60_100);
});
