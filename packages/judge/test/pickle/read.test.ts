import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { hostilePickles } from "../../../../fixtures/judge/hostile.ts";
import { readRewardPickle, writeRewardPickle } from "../../src/codecs/rewards.ts";
import type { JudgeFacts } from "../../src/core/judged.ts";
import { readPickle } from "../../src/pickle/read.ts";

const FIXTURES = join(import.meta.dirname, "../../../../fixtures/judge");
const FACTS: JudgeFacts = { scorer: "a scorer", identity: "1", calibration: null };

const expected: { prompts: string[]; images: string[] } = JSON.parse(readFileSync(join(FIXTURES, "expected.json"), "utf8"));
const fixture = (name: string) => readFileSync(join(FIXTURES, `${name}.pickle`));

const PROTOCOLS = [0, 1, 2, 3, 4, 5];
const KINDS = ["verl-omni", "flow_grpo", "metadata", "scalars"];

describe.each(KINDS)("a request of %s, pickled by Python", (kind) => {
  test.each(PROTOCOLS)("is read in protocol %d", (protocol) => {
    const pairs = readRewardPickle(fixture(`${kind}-${protocol}`), "unit", FACTS);
    expect(pairs.map(({ prompt }) => prompt)).toEqual(expected.prompts);
    const images = pairs.map(({ image }) => ("bytes" in image ? Buffer.from(image.bytes).toString("base64") : null));
    expect(images).toEqual(expected.images);
  });
});

test.each(PROTOCOLS)("metadata of every plain type is read in protocol %d", (protocol) => {
  const root = readPickle(fixture(`metadata-${protocol}`));
  const metadata = root instanceof Map ? root.get("metadata") : null;
  const apple = new Map<string, unknown>([
    ["class", "apple"],
    ["count", 2],
    ["weight", 0.5],
  ]);
  const [first, second] = Array.isArray(metadata) ? metadata : [];
  expect(first).toEqual(
    new Map<string, unknown>([
      ["tag", "color"],
      ["include", [apple]],
      ["id", -7],
    ]),
  );
  expect(second).toEqual(
    new Map<string, unknown>([
      ["big", 2 ** 40],
      ["none", null],
    ]),
  );
});

describe("500 hostile pickles", () => {
  const hostile = hostilePickles();
  let mostBytes = 0;
  const accepted: string[] = [];
  const unclear: string[] = [];

  beforeAll(() => {
    const before = process.memoryUsage().rss;
    for (const { kind, bytes } of hostile) {
      try {
        readRewardPickle(bytes, "unit", FACTS);
        accepted.push(kind);
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        if (!/^PICKAPIC_JUDGE_(PICKLE|REQUEST)$/.test(code ?? "") || /undefined|\[object/.test(message))
          unclear.push(`${kind}: ${message}`);
      }
      mostBytes = Math.max(mostBytes, process.memoryUsage().rss - before);
    }
  });

  test("are all refused, each with a sentence", () => {
    expect(hostile).toHaveLength(500);
    expect(accepted).toEqual([]);
    expect(unclear).toEqual([]);
  });

  test("take under 100 MB, and execute nothing", () => {
    expect(mostBytes).toBeLessThan(100e6);
    expect(existsSync("/tmp/pickled")).toBe(false);
  });

  test("are made of a question that is answered without the attack", () => {
    const honest = hostile.find(({ kind }) => kind === "a pickle and more")?.bytes ?? new Uint8Array();
    const end = Buffer.from(honest).indexOf("u.") + 2;
    expect(readRewardPickle(honest.subarray(0, end), "unit", FACTS)).toMatchObject([{ prompt: "an apple" }]);
  });
});

test("the reply is the pickle that Python's pickle.loads reads as rewards in order", () => {
  const results = [{ score: 26 }, { score: -13 }];
  const bytes = writeRewardPickle({ results, facts: FACTS, waitedMs: 0, fillMs: 0, computedMs: 0 }, "unit");
  const rewards = [1, -0.5];
  expect(readPickle(bytes)).toEqual(
    new Map([
      ["scores", rewards],
      ["outputs", rewards],
    ]),
  );
  // pickle.dumps({"scores": [1.0], "outputs": [1.0]}, 2) of Python begins and ends with the same opcodes.
  expect(Buffer.from(bytes).subarray(0, 4)).toEqual(Buffer.from([0x80, 2, 0x7d, 0x28]));
  expect(Buffer.from(bytes).subarray(-3)).toEqual(Buffer.from("eu."));
});
