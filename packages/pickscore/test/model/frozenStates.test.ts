import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { frozenStates, removeStates, type StatesSource } from "../../src/model/frozenStates.ts";
import { temporaryFolder } from "../tinyClip.ts";

/** Rows [n, n + 0.5] of names "0", "1", ...; counts what was computed. */
function counting(names: readonly string[], origin = "model") {
  const computed: string[] = [];
  const source: StatesSource = {
    names,
    origin,
    batch: 2,
    open: async () => ({
      async run(batch) {
        computed.push(...batch);
        return Float32Array.from(batch.flatMap((name) => [Number(name), Number(name) + 0.5]));
      },
      close: async () => {},
    }),
    report() {},
  };
  return { source, computed };
}

const NAMES = ["0", "1", "2", "3", "4"];

test("rows come back in the order asked for, the first again where there are too few names", async () => {
  const { source } = counting(NAMES);
  const states = await frozenStates(join(temporaryFolder(), "states"), source);
  expect([...states.batch(["4", "1"], 3)]).toEqual([4, 4.5, 1, 1.5, 4, 4.5]);
  states.close();
});

test("what is complete is not computed again; other names or another origin are", async () => {
  const file = join(temporaryFolder(), "states");
  const counts: number[] = [];
  for (const [names, origin] of [
    [NAMES, "a"],
    [NAMES, "a"],
    [NAMES, "b"],
    [NAMES.slice(1), "b"],
    [NAMES.slice(1), "b"],
  ] as const) {
    // biome-ignore format: pairs
    const { source, computed } = counting(names, origin);
    const states = await frozenStates(file, source);
    expect([...states.batch(["3"], 1)]).toEqual([3, 3.5]);
    states.close();
    counts.push(computed.length);
  }
  expect(counts).toEqual([5, 0, 5, 4, 0]);
});

test("interrupted half-way, nothing is left that could be taken for complete", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "states");
  const stopped: StatesSource = {
    ...counting(NAMES).source,
    report(done) {
      if (done >= 2) throw new Error("stopped");
    },
  };
  await expect(frozenStates(file, stopped)).rejects.toThrow("stopped");
  expect(readdirSync(folder)).toEqual([]);
  const { source, computed } = counting(NAMES);
  (await frozenStates(file, source)).close();
  expect(computed).toEqual(NAMES);
});

test("a label that cannot be read counts as none, and both files are removed together", async () => {
  const file = join(temporaryFolder(), "states");
  (await frozenStates(file, counting(NAMES).source)).close();
  writeFileSync(`${file}.json`, "{");
  const { source, computed } = counting(NAMES);
  (await frozenStates(file, source)).close();
  expect(computed).toEqual(NAMES);
  removeStates(file);
  expect([file, `${file}.json`].map((each) => existsSync(each))).toEqual([false, false]);
});
