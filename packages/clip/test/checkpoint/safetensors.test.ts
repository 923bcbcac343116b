import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { repeatedKey } from "../../src/checkpoint/jsonKeys.ts";
import { headerLength, listTensors, parseHeader } from "../../src/checkpoint/safetensors.ts";
import { halfToFloat, readTensors } from "../../src/checkpoint/tensorValues.ts";
import { writeSafetensors } from "../../src/checkpoint/writeSafetensors.ts";
import { ClipError } from "../../src/errors.ts";
import { FIXTURES, fixtureJson, temporaryFolder } from "../fixtures.ts";

const { bits } = fixtureJson<{ bits: Record<string, number[] | number> }>("tensors.json");
const folder = temporaryFolder();

/** A file with this header, its claimed length and so many bytes of data. */
function file(header: unknown, { data = 0, claimed }: { data?: number; claimed?: bigint } = {}): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(data)]);
}

function read(bytes: Uint8Array) {
  const length = headerLength(bytes.subarray(0, 8), bytes.length, "x.safetensors");
  return parseHeader(bytes.subarray(8, 8 + length), bytes.length, "x.safetensors");
}

test("float32, float16 and bfloat16 written by Python come back bit for bit", async () => {
  const tensors = await listTensors(join(FIXTURES, "tensors.safetensors"));
  expect(tensors.get("ids")).toMatchObject({ dtype: "I64", shape: [3] });
  tensors.delete("ids");
  const values = await readTensors(tensors);
  for (const [name, expected] of Object.entries(bits)) {
    const data = values.get(name)!;
    expect(Array.from(new Uint32Array(data.buffer, data.byteOffset, data.length)), name).toEqual([expected].flat());
  }
});

test("every half is widened as the language's own Float16Array does it", () => {
  const Half = (globalThis as unknown as { Float16Array: new (buffer: ArrayBuffer) => ArrayLike<number> }).Float16Array;
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const expected = new Half(all.buffer);
  for (let i = 0; i < 65536; i++)
    if (!Object.is(halfToFloat(i), expected[i])) expect(halfToFloat(i), i.toString(16)).toBe(expected[i]);
});

test("what is written reads back, starts at a multiple of 64 bytes and leaves nothing beside it", async () => {
  const tensors = new Map([
    ["b", { shape: [2, 2], data: Float32Array.of(1, -2, 3.5, Number.NaN) }],
    ["a", { shape: [], data: Float32Array.of(7) }],
    ["empty", { shape: [0, 3], data: new Float32Array(0) }],
  ]);
  const target = join(temporaryFolder(), "model.safetensors");
  await writeSafetensors(target, tensors);
  const listed = await listTensors(target);
  expect(Math.min(...[...listed.values()].map(({ offset }) => offset)) % 64).toBe(0);
  const back = await readTensors(listed);
  for (const [name, { data, shape }] of tensors) {
    expect(back.get(name)).toEqual(data);
    expect(listed.get(name)!.shape).toEqual(shape);
  }
  expect(readdirSync(join(target, ".."))).toEqual(["model.safetensors"]);
});

test("a write that fails leaves the old file whole and no other", async () => {
  const place = temporaryFolder();
  const target = join(place, "model.safetensors");
  await writeSafetensors(target, new Map([["a", { shape: [1], data: Float32Array.of(1) }]]));
  const before = readFileSync(target);
  const broken = {
    shape: [1],
    get data(): Float32Array {
      if (readdirSync(place).length > 1) throw new Error("disk full");
      return Float32Array.of(2);
    },
  };
  await expect(writeSafetensors(target, new Map([["a", broken]]))).rejects.toThrow("disk full");
  expect(readFileSync(target)).toEqual(before);
  expect(readdirSync(place)).toEqual(["model.safetensors"]);
});

const json = JSON.stringify;
const F32 = (from: number, to: number, shape = [(to - from) / 4]) => ({ dtype: "F32", shape, data_offsets: [from, to] });

test("a file that lies about itself is refused, and the lie is named", () => {
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(3), /at least 8 bytes; got 3/],
    [file({}, { claimed: 2n ** 63n }), /claims 9223372036854775808 bytes/],
    [file({}, { claimed: 50n }), /claims 50 bytes, but the file ends after 10: it is truncated/],
    [file({}, { claimed: 3n }), /claims 3 bytes, but the file ends after 10: it is truncated/],
    [file("{", {}), /expected a JSON object as its header/],
    [file("[1]", {}), /expected a JSON object as its header/],
    [file({ a: F32(0, 8) }, { data: 4 }), /tensor a ends at byte \d+, but the file at \d+: it is truncated/],
    [file({ a: F32(0, 4) }, { data: 8 }), /its tensors end at byte \d+, but the file at \d+/],
    [file({ a: F32(0, 8), b: F32(4, 12) }, { data: 12 }), /tensor b starts at byte \d+, inside the one before/],
    [file({ a: F32(0, 4), b: F32(8, 12) }, { data: 12 }), /tensor b starts at byte \d+, with a gap after/],
    [file({ a: F32(0, 8, [3]) }, { data: 8 }), /tensor a: F32 \[3\] takes 12 bytes; its offsets 0 to 8 give 8/],
    [file({ a: F32(8, 0, [2]) }, { data: 8 }), /offsets 8 to 0 give -8/],
    [file({ a: F32(0, 8, [2 ** 40, 2 ** 40]) }, { data: 8 }), /tensor a: F32/],
    [file({ a: { ...F32(0, 4), dtype: "F33" } }, { data: 4 }), /tensor a: dtype/],
    [file({ a: { ...F32(0, 1), dtype: "F8_E4M3" } }, { data: 1 }), /tensor a: dtype/],
    [file({ a: F32(0, 4), b: F32(0, 4) }, { data: 4 }), /tensor b starts at byte \d+, inside the one before/],
    [file({ a: F32(4, 8) }, { data: 4 }), /tensor a starts at byte \d+, with a gap after/],
    [file(`{"a":${json(F32(0, 4))},"a":${json(F32(4, 8))}}`, { data: 8 }), /its header has a twice/],
    [file(`{"a":${json(F32(0, 4))},"\\u0061":${json(F32(0, 4))}}`, { data: 4 }), /its header has a twice/],
    [file('{"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}}', { data: 8 }), /its header has shape twice/],
    [file({ "a\n\u001b[2Jb": F32(0, 8) }, { data: 4 }), /tensor a {2}\[2Jb ends at byte/],
    [file({ ["long".repeat(1000)]: F32(0, 8) }, { data: 4 }), /^.{1500} \.\.\.$/],
    [file({ a: { ...F32(0, 4), shape: [-1] } }, { data: 4 }), /tensor a: shape/],
    [file({ a: { ...F32(0, 4), data_offsets: [0.5, 4.5] } }, { data: 4 }), /tensor a: data_offsets/],
  ];
  for (const [bytes, words] of cases) {
    expect(() => read(bytes), String(words)).toThrow(ClipError);
    expect(() => read(bytes)).toThrow(words);
    expect(() => read(bytes)).toThrow(/^x\.safetensors: \P{Cc}*\.$/u);
  }
});

test("keys that differ are not twice, wherever they are, however long", () => {
  expect(repeatedKey('{"a":{"a":[{"a":1},{"a":2}]},"b":"a","c:\\"a\\":":"a","\\\\":{}}')).toBe(null);
  expect(repeatedKey('[{"x":{"a":1,"b":{},"a":2}}]')).toBe("a");
  expect(repeatedKey(json({ ["x".repeat(3e6)]: "\n".repeat(3e6) }))).toBe(null);
});

test("a missing file and a folder are said to be so", async () => {
  await expect(listTensors(join(folder, "no.safetensors"))).rejects.toThrow(
    /no\.safetensors: expected a safetensors file; there is nothing\.$/,
  );
  await expect(listTensors(folder)).rejects.toThrow(/there is a folder\.$/);
});

test("a tensor of another kind than floats can be listed but not read", async () => {
  const target = join(folder, "ints.safetensors");
  writeFileSync(target, file({ a: { dtype: "I8", shape: [4], data_offsets: [0, 4] } }, { data: 4 }));
  await expect(readTensors(await listTensors(target))).rejects.toThrow(/tensor a is I8; expected F32, F16 or BF16/);
});

test("any bytes give tensors inside the file, back to back, or a ClipError", () => {
  const whole = readFileSync(join(FIXTURES, "tensors.safetensors"));
  const mutated = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }).map((edits) => {
    const bytes = Uint8Array.from(whole);
    for (const [at, value] of edits) bytes[at] = value;
    return bytes;
  });
  const cut = fc.nat(whole.length).map((length) => Uint8Array.from(whole.subarray(0, length)));
  const described = fc.dictionary(
    fc.string(),
    fc.record({
      dtype: fc.constantFrom("F32", "F16", "BOOL"),
      shape: fc.array(fc.nat(5)),
      data_offsets: fc.tuple(fc.nat(40), fc.nat(40)),
    }),
  );
  const made = fc.tuple(described, fc.nat(60)).map(([header, data]) => file(header, { data }));
  fc.assert(
    fc.property(fc.oneof(mutated, cut, made, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      try {
        const tensors = [...read(bytes).values()];
        expect(tensors.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(bytes.length - 8);
        for (const { offset, length } of tensors) expect(offset >= 8 && offset + length <= bytes.length).toBe(true);
      } catch (error) {
        if (!(error instanceof ClipError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});
