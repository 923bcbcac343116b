import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "@pickapic/clip";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readHead } from "../../src/scorers/aesthetic.ts";
import { openNamedScorer } from "../../src/scorers/index.ts";

const FIXTURES = new URL("../../../../fixtures/", import.meta.url).pathname;
const CLIP = join(FIXTURES, "clip", "quickgelu");
const WIDTH = 24;

interface Expected {
  pictures: string[];
  scores: Record<"linear" | "deep", number[]>;
}

let root = "";
let expected: Expected;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-aesthetic-"));
  expected = JSON.parse(await readFile(join(FIXTURES, "aesthetic", "expected.json"), "utf8"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("scores are those of PyTorch's CLIP and head, whatever the prompt", async () => {
  const folder = join(root, "whole");
  await cp(CLIP, join(folder, "clip"), { recursive: true });
  await cp(join(FIXTURES, "aesthetic", "deep", "head.safetensors"), join(folder, "head.safetensors"));
  const scorer = await openNamedScorer(`aesthetic:${folder}`, { pixels: "transformers", threads: 1 });
  const pictures = expected.pictures.map((name) => join(FIXTURES, "clip", "pictures", name));
  const scores = await scorer.score("anything", pictures);
  for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(expected.scores.deep[i] ?? Number.NaN, 6);
  expect(await scorer.score("something else", pictures)).toEqual(scores);
  expect(await scorer.identify()).toMatch(/^head sha256:[0-9a-f]{64}, CLIP model\.safetensors sha256:[0-9a-f]{64}$/);
  await scorer.close();
});

test("a head of one layer is read as it is", async () => {
  const { weights } = await readHead(join(FIXTURES, "aesthetic", "linear", "head.safetensors"), WIDTH);
  expect(weights).toHaveLength(WIDTH);
  await expect(readHead(join(FIXTURES, "aesthetic", "linear", "head.safetensors"), 768)).rejects.toMatchObject({
    code: "PICKAPIC_SCORER_HEAD",
    message: expect.stringMatching(/from an embedding of 768 numbers to one number.*; it takes 24\.$/),
  });
});

test("layers that do not fit each other, and a file without layers, are refused", async () => {
  const tensor = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
  const file = join(root, "odd.safetensors");
  await writeSafetensors(file, new Map([["layers.0.weight", tensor(8, WIDTH)], ["layers.0.bias", tensor(8)], ["layers.2.weight", tensor(1, 9)], ["layers.2.bias", tensor(1)]])); // biome-ignore format: one head
  await expect(readHead(file, WIDTH)).rejects.toThrow(/layer layers\.0\.weight gives 8 numbers where 9 are taken/);
  await writeSafetensors(file, new Map([["scale", tensor(3)]]));
  await expect(readHead(file, WIDTH)).rejects.toThrow(/it takes nothing/);
});
