/** @file Damaged checkpoints: whatever has happened to a file, a checkpoint opens or a ClipError says what is wrong, soon and in little memory. FUZZ_TIMES=50 tries harder. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoint } from "../src/checkpoint/checkpoint.ts";
import { ClipError } from "../src/errors.ts";
import { FIXTURES, temporaryFolder } from "./fixtures.ts";

const folder = join(temporaryFolder(), "fuzzed");
cpSync(join(FIXTURES, "quickgelu"), folder, { recursive: true });
const WEIGHTS = "model.safetensors";
const JSONS = ["config.json", "preprocessor_config.json", "tokenizer_config.json", "vocab.json", "tokenizer.json"];
// The same tokenizer as vocab.json and merges.txt are, which count where this is not.
const TOKENIZER = readFileSync(join(FIXTURES, "gelu/tokenizer.json"));
const whole = new Map([WEIGHTS, "merges.txt", ...JSONS].map((name) => [name, name === "tokenizer.json" ? TOKENIZER : readFileSync(join(folder, name))])); // biome-ignore format: one line
const text = (name: string) => whole.get(name)!.toString("utf8");

/** Bytes above what the process has: garbage of hundreds of openings, but no array of a size that a file has invented. */
const MOST_MEMORY = 2 ** 30;
/** Of a processor, so that a busy machine does not count; a standstill is found by the time-out of the test. */
const SECONDS_EACH = 5;
const busy = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const highest = () => 1024 * process.resourceUsage().maxRSS;
let before = 0;
let [opened, refused] = [0, 0];
beforeAll(() => {
  before = highest();
});
afterAll(() => {
  expect(highest() - before).toBeLessThan(MOST_MEMORY);
  // Both happen, else the damage is too great or too small to try anything.
  expect(Math.min(opened, refused)).toBeGreaterThan(20);
});

/** Opens the checkpoint with one file replaced, then puts the file back. */
async function openWith(name: string, content: Uint8Array | string): Promise<void> {
  writeFileSync(join(folder, name), content);
  const start = busy();
  try {
    const { read, tokenizer } = await openCheckpoint(folder);
    await read("logit_scale");
    expect(tokenizer.encode(["a red cat"])).toHaveLength(tokenizer.maxPositions);
    opened++;
  } catch (error) {
    if (!(error instanceof ClipError)) throw error;
    expect(error.message).toMatch(/^\P{Cc}+(\.| \.\.\.)$/u);
    refused++;
  } finally {
    if (name === "tokenizer.json") rmSync(join(folder, name));
    else writeFileSync(join(folder, name), whole.get(name)!);
  }
  expect(busy() - start).toBeLessThan(SECONDS_EACH);
}

/** The bytes with some places changed, cut out, doubled or inserted. */
function damaged(bytes: Uint8Array, within = bytes.length): fc.Arbitrary<Uint8Array> {
  const place = fc.nat(within - 1);
  const edit = fc.record({
    kind: fc.constantFrom("set", "cut", "double", "insert", "end"),
    at: place,
    length: fc.integer({ min: 1, max: 40 }),
    value: fc.nat(255),
  });
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) =>
    edits.reduce<Uint8Array>((now, { kind, at, length, value }) => {
      const [head, middle, tail] = [now.subarray(0, at), now.subarray(at, at + length), now.subarray(at + length)];
      if (kind === "set") return Buffer.concat([head, Buffer.alloc(Math.min(1, middle.length), value), now.subarray(at + 1)]);
      if (kind === "cut") return Buffer.concat([head, tail]);
      if (kind === "double") return Buffer.concat([head, middle, middle, tail]);
      if (kind === "insert") return Buffer.concat([head, Buffer.alloc(length, value), middle, tail]);
      return head;
    }, bytes),
  );
}

/** Stands for lists in lists, which JSON.stringify cannot write when they are this deep. */
const DEEP = "(deep)";
const written = (json: unknown) => JSON.stringify(json).replaceAll(`"${DEEP}"`, `${"[".repeat(30_000)}${"]".repeat(30_000)}`);

/** Values that files are broken with: of the wrong kind, huge, negative, deep. */
const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(0, -1, 0.5, 1e308, 2 ** 31 - 1, 2 ** 53, "", "__proto__", DEEP, [], {}, null),
);

/** A JSON value in which some of its values, at any depth, are replaced or left out, or others put beside them. */
function disturbed(value: unknown): fc.Arbitrary<unknown> {
  const places = [...placesOf(value)];
  const change = fc.record({
    place: fc.constantFrom(...places),
    drop: fc.boolean(),
    other: strange,
    key: fc.string({ maxLength: 12 }),
  });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = structuredClone(value);
    for (const { place, drop, other, key } of changes) {
      const parent = place.slice(0, -1).reduce<unknown>((at, step) => (at as Record<string, unknown> | null)?.[step], copy);
      if (typeof parent !== "object" || parent === null) continue;
      if (drop) delete (parent as Record<string, unknown>)[place.at(-1)!];
      else (parent as Record<string, unknown>)[key.length > 9 ? key : place.at(-1)!] = other;
    }
    return copy;
  });
}

function* placesOf(value: unknown, path: string[] = []): Generator<string[]> {
  if (path.length > 0) yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value).slice(0, 60)) yield* placesOf(inner, [...path, key]);
}

/** A safetensors file with this header before the data of the fixture. */
function withHeader(header: string): Uint8Array {
  const bytes = whole.get(WEIGHTS)!;
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)))]);
}

const headerText = () => {
  const bytes = whole.get(WEIGHTS)!;
  return bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString("utf8");
};
const TIMES = Number(process.env.FUZZ_TIMES ?? 1);
const runs = (numRuns: number) => ({ numRuns: numRuns * TIMES, interruptAfterTimeLimit: 20_000 * TIMES });

test("bytes of the weights, most of all of their header, may be anything", async () => {
  const bytes = whole.get(WEIGHTS)!;
  const input = fc.oneof(
    damaged(bytes),
    damaged(bytes, 16),
    damaged(bytes, 8 + headerText().length),
    fc.uint8Array({ maxLength: 200 }),
  );
  await fc.assert(
    fc.asyncProperty(input, (content) => openWith(WEIGHTS, content)),
    runs(120),
  );
});

test("entries of the header of the weights may be anything", async () => {
  const header = JSON.parse(headerText()) as unknown;
  await fc.assert(
    fc.asyncProperty(disturbed(header), (json) => openWith(WEIGHTS, withHeader(written(json)))),
    runs(80),
  );
});

test.each(JSONS)("values and bytes of %s may be anything", async (name) => {
  const input = fc.oneof(disturbed(JSON.parse(text(name))).map(written), damaged(whole.get(name)!), strange.map(written));
  await fc.assert(
    fc.asyncProperty(input, (content) => openWith(name, content)),
    runs(60),
  );
});

test("merges may be anything", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged(whole.get("merges.txt")!), fc.uint8Array({ maxLength: 200 })), (content) =>
      openWith("merges.txt", content),
    ),
    runs(40),
  );
});

test("lies about sizes ask for no memory and no time", async () => {
  const giant = 2 ** 53 - 1;
  const config = (section: object) => JSON.stringify({ ...JSON.parse(text("config.json")), ...section });
  const entry = (shape: number[], to: number) => ({ dtype: "F32", shape, data_offsets: [0, to] });
  await openWith("config.json", config({ text_config: { num_hidden_layers: 2 ** 31 - 1 } }));
  await openWith("config.json", config({ vision_config: { image_size: 2 ** 31 - 2, patch_size: 1 } }));
  await openWith(
    "config.json",
    config({ text_config: { vocab_size: 2 ** 31 - 1, hidden_size: 8, max_position_embeddings: 8192 } }),
  );
  await openWith(WEIGHTS, withHeader(JSON.stringify({ a: entry([giant, giant], giant) })));
  await openWith(WEIGHTS, withHeader(JSON.stringify({ a: entry(Array(100_000).fill(1), 4) })));
  await openWith(WEIGHTS, withHeader(`{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`));
  await openWith(WEIGHTS, withHeader(JSON.stringify({ ["a".repeat(1e6)]: entry([1], 4) })));
  await openWith(
    WEIGHTS,
    withHeader(JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`t${i}`, entry([0], 0)])))),
  );
});
