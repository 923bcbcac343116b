import { openBaseline } from "@pickapic/pickscore/scoring";
import { describe, expect, test } from "vitest";
import { type Order, scoreSource } from "../../src/scoring/run.ts";
import type { Source } from "../../src/scoring/source.ts";
import type { TableImage } from "../../src/scoring/tables.ts";
import { collect, fakeScorer } from "./scenery.ts";

const imageOf = (row: number, name: string, prompt = "x"): TableImage => ({ row, prompt, name, image: name, carried: {} });

const bare = { carried: [], leftOut: [], notes: [], passedOver: { files: 0, kinds: {} }, unreadable: [] };

/** All images under one prompt. */
function named(...names: string[]): Source {
  return { ...bare, prompt: "x", total: names.length, rows: () => [names.map((name, i) => imageOf(i + 1, name))] };
}

/** A table: a list of names is a row. */
function tableOf(...rows: string[][]): Source {
  return {
    ...bare,
    prompt: null,
    total: rows.flat().length,
    rows: () => rows.map((names, i) => names.map((name) => imageOf(i + 1, name))),
  };
}

async function scored(source: Source, order: Partial<Order> = {}) {
  const counted: unknown[] = [];
  const slices = await collect(
    scoreSource(fakeScorer(), source, null, { bestFirst: false, ...order }, (result) => counted.push(result)),
  );
  expect(counted).toHaveLength(source.total);
  return slices.flat().map((each) => each.scored);
}

const brief = (rows: Awaited<ReturnType<typeof scored>>) => rows.map(({ row, image, rank, score }) => [row, image, rank, score]);

describe("images under one prompt", () => {
  test("stand against each other: ranks, and probabilities that sum to one, in the order given", async () => {
    const rows = await scored(named("2.png", "broken", "3.png", "3.png"));
    expect(brief(rows)).toEqual([
      [1, "2.png", 3, 2],
      [2, "broken", null, null],
      [3, "3.png", 1, 3],
      [4, "3.png", 1, 3],
    ]);
    const [a, failed, b, c] = rows.map(({ probability }) => probability);
    expect(failed).toBeNull();
    expect(a! + b! + c!).toBeCloseTo(1, 12);
    expect(b! / a!).toBeCloseTo(Math.E, 9);
    expect(rows[1]!.error).toBe("broken: expected a picture.");
  });

  test("best first: the best so many, then those that cannot be read", async () => {
    const source = named("2.png", "broken", "3.png", "1.png");
    expect(brief(await scored(source, { bestFirst: true }))).toEqual([
      [3, "3.png", 1, 3],
      [1, "2.png", 2, 2],
      [4, "1.png", 3, 1],
      [2, "broken", null, null],
    ]);
    const best = await scored(source, { bestFirst: true, top: 1 });
    expect(brief(best)).toEqual([
      [3, "3.png", 1, 3],
      [2, "broken", null, null],
    ]);
    // Among all images, not only those that are shown.
    expect(best[0]!.probability).toBeCloseTo(Math.exp(3) / (Math.exp(3) + Math.exp(2) + Math.exp(1)), 12);
  });

  test("a single image is the first, with no probability: there is nothing to compare it with", async () => {
    expect((await scored(named("5.png")))[0]).toMatchObject({ rank: 1, probability: null });
  });

  test("tens of thousands come in slices", async () => {
    const names = Array.from({ length: 30_000 }, (_, i) => `${(i * 7919) % 30_000}.png`);
    const slices = await collect(scoreSource(fakeScorer(), named(...names), null, { bestFirst: true }, () => {}));
    expect(Math.max(...slices.map(({ length }) => length))).toBeLessThanOrEqual(500);
    expect(slices.flat().map(({ scored: { score } }) => score)).toEqual(names.map((_, i) => 29_999 - i));
  });
});

describe("a table", () => {
  test("the images of a row stand against each other, alone they do not", async () => {
    const rows = await scored(tableOf(["1.png", "2.png"], ["7.png"], ["broken", "3.png"], ["nothing"]));
    expect(brief(rows)).toEqual([
      [1, "1.png", 2, 1],
      [1, "2.png", 1, 2],
      [2, "7.png", null, 7],
      [3, "broken", null, null],
      [3, "3.png", 1, 3],
      [4, "nothing", null, null],
    ]);
    expect(rows.map(({ probability }) => probability)).toEqual([
      expect.closeTo(1 / (1 + Math.E), 9),
      expect.closeTo(Math.E / (1 + Math.E), 9),
      null,
      null,
      null,
      null,
    ]);
  });

  test("best first is within each row", async () => {
    const rows = await scored(tableOf(["1.png", "2.png"], ["9.png", "8.png", "10.png"]), { bestFirst: true, top: 2 });
    expect(rows.map(({ image }) => image)).toEqual(["2.png", "1.png", "10.png", "9.png"]);
  });

  test("rows are given on as they are done, while later ones are not yet read", async () => {
    let read = 0;
    const endless: Source = {
      ...bare,
      prompt: null,
      total: 0,
      *rows() {
        while (true) yield [imageOf(++read, `${read}.png`)];
      },
    };
    let given = 0;
    for await (const _ of scoreSource(fakeScorer(), endless, null, { bestFirst: false }, () => {})) {
      if (++given === 5000) break;
      expect(read - given).toBeLessThan(150);
    }
    expect(given).toBe(5000);
  });
});

test("with a baseline each score has its percentile and its chance there; a failure has none", async () => {
  const scorer = {
    ...fakeScorer(),
    embedTexts: async () => [Float32Array.of(1)],
    embedEach: async (images: readonly unknown[]) => images.map((image) => Float32Array.of(Number(image))),
  };
  const baseline = await openBaseline(scorer, ["1", "2", "3", "4"]);
  const slices = await collect(scoreSource(scorer, named("2.5.png", "broken"), baseline, { bestFirst: false }, () => {}));
  const [good, failed] = slices.flat().map((each) => each.scored);
  expect(good).toMatchObject({ percentile: 50, preferred: expect.closeTo(0.5, 9) });
  expect(failed).not.toHaveProperty("percentile");
});

test("bytes have no name of their own: an error says which image of the table it was", async () => {
  const scorer = {
    ...fakeScorer(),
    scorePairs: async () => [
      { code: "PICKAPIC_IMAGE_UNREADABLE", message: "picture: expected a picture; it is empty (0 bytes)." },
    ],
  };
  const source: Source = {
    ...bare,
    prompt: null,
    total: 1,
    rows: () => [[{ row: 9, prompt: "x", name: "jpg_0 of row 9", image: new Uint8Array(), carried: {} }]],
  };
  const [slice] = await collect(scoreSource(scorer, source, null, { bestFirst: false }, () => {}));
  expect(slice![0]!.scored.error).toBe("jpg_0 of row 9: expected a picture; it is empty (0 bytes).");
});
