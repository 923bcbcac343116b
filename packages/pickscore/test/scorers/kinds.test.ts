import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  isModelName,
  type NamedScorerOptions,
  openNamedScorer,
  openNamedScorers,
  type RepeatedCalls,
} from "../../src/scorers/index.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-kinds-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const image = (n: number) => Uint8Array.of(n, n >> 8);

describe("random", () => {
  test("gives the same image the same score, and another one under another seed or prompt", async () => {
    const [seven, again, eight] = await openNamedScorers(["random:7", "random", "random:8"], { seed: 7 });
    const first = await seven?.score("a cat", [image(1), image(2)]);
    expect(await again?.score("a cat", [image(1), image(2)])).toEqual(first);
    expect(first?.[0]).not.toBe(first?.[1]);
    expect(await eight?.score("a cat", [image(1)])).not.toEqual([first?.[0]]);
    expect(await seven?.score("a dog", [image(1)])).not.toEqual([first?.[0]]);
    expect(await again?.identify()).toBe("seed 7");
  });

  test("its probability of a preference is uniform in 0...1, as that of the random predictor whose accuracy is known", async () => {
    const scorer = await openNamedScorer("random:3");
    const scores = await scorer.score(
      "p",
      Array.from({ length: 4000 }, (_, i) => image(i)),
    );
    const counts = new Array(10).fill(0);
    for (let i = 0; i < scores.length; i += 2) {
      const p = 1 / (1 + Math.exp((scores[i + 1] ?? 0) - (scores[i] ?? 0)));
      counts[Math.min(9, Math.floor(10 * p))] += 1;
    }
    // 2000 draws: chi-square with 9 degrees of freedom is below 27.9 in 999 of 1000 cases.
    expect(counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)).toBeLessThan(27.9);
  });
});

describe("a function in a file", () => {
  const file = async (name: string, text: string, options: NamedScorerOptions = {}) => {
    await writeFile(join(root, name), text);
    return openNamedScorer(`file:${join(root, name)}`, options);
  };

  test("gets the images of one prompt at a time, and its file's checksum identifies it", async () => {
    const scorer = await file(
      "ok.ts",
      "export default (prompt: string, images: Uint8Array[]) => images.map((i) => prompt.length + i[0]!);",
    );
    const pairs = [...["a", "a", "bb"].entries()].map(([i, prompt]) => ({ prompt, image: image(10 * i) }));
    expect(await scorer.scorePairs(pairs)).toEqual([{ score: 1 }, { score: 11 }, { score: 22 }]);
    expect(await scorer.identify()).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("that throws or returns NaN for one image of many leaves only that image without a score, and says why", async () => {
    const text = `export const score = (prompt, images) => images.map((i) => {
      if (i[0] === 50) throw new Error("I cannot look at this");
      return i[0] === 51 ? NaN : i[0];
    });`;
    const repeated: RepeatedCalls[] = [];
    const scorer = await file("picky.mjs", text, { onRepeated: (each) => repeated.push(each) });
    const results = await scorer.scoreEach(
      "p",
      Array.from({ length: 64 }, (_, i) => image(i)),
    );
    expect(results.filter((result) => "score" in result)).toHaveLength(62);
    expect(results[50]).toMatchObject({
      code: "PICKAPIC_SCORER_FAILED",
      message: expect.stringMatching(/gave no score: I cannot look at this\.$/),
    });
    expect(results[51]).toMatchObject({ message: expect.stringMatching(/gave no score: the score is NaN\.$/) });
    expect(results[63]).toEqual({ score: 63 });
    // The call with that image failed and was repeated, which is told once, however often the scorer is closed.
    await scorer.close();
    await scorer.close();
    expect(repeated).toEqual([{ scorer: scorer.name, calls: 1, reason: "I cannot look at this" }]);
  });

  test("that returns too few scores, or always throws, ends the work in one sentence", async () => {
    const short = await file("short.mjs", "export default () => [1];");
    await expect(short.score("p", [image(1), image(2)])).rejects.toMatchObject({
      code: "PICKAPIC_SCORER_REPLY",
      message: expect.stringMatching(/expected an array of 2 numbers; got 1\./),
    });
    const repeated: RepeatedCalls[] = [];
    const broken = await file("broken.mjs", 'export default () => { throw new Error("no eyes."); };', {
      onRepeated: (each) => repeated.push(each),
    });
    await expect(broken.score("p", [image(1), image(2), image(3)])).rejects.toMatchObject({
      code: "PICKAPIC_SCORER_GAVE_UP",
      message: expect.stringMatching(/given up after 3 calls in a row that failed; the last one: no eyes\.$/),
    });
    await broken.close();
    expect(repeated).toEqual([]); // The error tells of the calls.
    const hanging = await file("hanging.mjs", "export default () => new Promise(() => {});");
    const hurried = await openNamedScorer(hanging.name, { timeoutMs: 5 });
    await expect(hurried.score("p", [image(1)])).rejects.toMatchObject({
      message: expect.stringMatching(/did not answer within 0.005 s/),
    });
  });
});

describe("a scorer that is asked for several batches at a time", () => {
  const opened = async (name: string, text: string) => {
    await writeFile(join(root, name), text);
    return openNamedScorer(`file:${join(root, name)}`, { batch: 4 });
  };
  const batches = [0, 100, 200].map((first) => [1, 2, 3, 4].map((n) => image(first + n)));

  test("is not given up because an image is at fault in each of them", async () => {
    const scorer = await opened(
      "one-in-each.mjs",
      `export default async (prompt, images) => {
        await new Promise((done) => setTimeout(done, 5));
        if (images.some((i) => i[0] % 100 === 1)) throw new Error("I cannot look at this");
        return images.map((i) => i[0]);
      };`,
    );
    const scored = await Promise.all(batches.map((images) => scorer.scoreEach("p", images)));
    expect(scored.map((results) => results.map((each) => ("score" in each ? each.score : each.code)))).toEqual(
      [0, 100, 200].map((first) => ["PICKAPIC_SCORER_FAILED", first + 2, first + 3, first + 4]),
    );
  });

  test("is given up after three calls one after the other, says three, and is asked nothing more", async () => {
    const scorer = await opened(
      "never.mjs",
      `export default async (prompt, images) => {
        globalThis.asked = (globalThis.asked ?? 0) + 1;
        await new Promise((done) => setTimeout(done, 5));
        throw new Error("no eyes");
      };`,
    );
    const message = expect.stringMatching(/given up after 3 calls in a row that failed; the last one: no eyes\.$/);
    const ended = await Promise.allSettled(batches.map((images) => scorer.scoreEach("p", images)));
    for (const each of ended)
      expect(each).toMatchObject({ status: "rejected", reason: { code: "PICKAPIC_SCORER_GAVE_UP", message } });
    const before: unknown = Reflect.get(globalThis, "asked");
    await expect(scorer.score("p", [image(1)])).rejects.toMatchObject({ message });
    expect(Reflect.get(globalThis, "asked")).toBe(before);
  });
});

test.each([
  ["random:x", /expected a whole number/],
  ["aesthetic", /name the folder of LAION's head \(the formula over pixels is called colour-sharpness\)/],
  ["aesthetic:/nowhere/at/all", /there is no folder/],
  ["file:/nowhere/scorer.ts", /there is no file/],
  ["command:", /expected a command line/],
  ["http://", /expected an address such as/],
])("%s is refused in one sentence", async (name, message) => {
  await expect(openNamedScorer(name)).rejects.toMatchObject({
    code: "PICKAPIC_SCORER_NAME",
    exitCode: 2,
    message: expect.stringMatching(message),
  });
});

test("only names of models are looked for on the hub", () => {
  expect(["org/model", "./random", "clip-toy", "random", "https://a/b", "file:x.ts", "aesthetic:x"].filter(isModelName)).toEqual([
    "org/model",
    "./random",
    "clip-toy",
  ]);
});
