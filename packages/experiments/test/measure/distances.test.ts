/** @file Distances between folders of images: solid colours, whose features are known, under a network made here, and a CLIP. */
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { frechetDistance, kernelDistance } from "@pickapic/evaluation";
import { encodeDynamic, Graph, openNetwork } from "@pickapic/graph";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DistanceRun, measureDistances } from "../../src/measure/distances/distances.ts";

let folder: string;
/** Red, green and blue of each image, 0...255. */
const colours = [
  Array.from({ length: 48 }, (_, i) => [(37 * i) % 256, (91 * i) % 256, 40 + 2 * i]),
  Array.from({ length: 44 }, (_, i) => [255 - ((53 * i) % 200), (11 * i) % 256, 200 - 3 * i]),
];
let files: [string[], string[]];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-distances-"));
  const write = async ([r = 0, g = 0, b = 0]: number[], name: string) => {
    await sharp({ create: { width: 40, height: 24, channels: 3, background: { r, g, b } } })
      .png()
      .toFile(join(folder, name));
    return join(folder, name);
  };
  const [a, b] = await Promise.all(
    colours.map((side, s) => Promise.all(side.map((colour, i) => write(colour, `${s}-${i}.png`)))),
  );
  files = [a ?? [], b ?? []];
  await writeFile(join(folder, "colour.onnx"), meanColour());
  await writeFile(join(folder, "text.onnx"), "no network");
  await writeFile(join(folder, "flat.onnx"), oneInput([5, 3]));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A network whose features are the mean of each channel. */
function meanColour(): Uint8Array {
  return encodeDynamic(["images"], ({ images = 1 }) => {
    const g = new Graph("colour");
    const pixels = g.input("pixels", "float32", [images, 3, 16, 16]);
    const weights = g.constant(new Float32Array(256).fill(1 / 256), [256, 1], "float32");
    g.output("features", g.reshape(g.matmul(g.reshape(pixels, [images, 3, 256]), weights), [images, 3]));
    return g;
  });
}

function oneInput(shape: number[]): Uint8Array {
  return encodeDynamic(["unused"], () => {
    const g = new Graph("flat");
    const x = g.input("x", "float32", shape);
    g.output("y", g.add(x, x));
    return g;
  });
}

const run = (more: Partial<DistanceRun>): DistanceRun => ({
  files,
  features: join(folder, "colour.onnx"),
  pixels: "browser",
  threads: 1,
  seed: 1,
  ...more,
});
const known = (side: number) => {
  const values = Float32Array.from((colours[side] ?? []).flat(), (value) => (value / 255 - 0.5) / 0.5);
  return { values, count: values.length / 3, width: 3 };
};

describe("the features of a network in an .onnx file", () => {
  test("give the distances of the known colours", async () => {
    const report = await measureDistances(run({ sizes: [11, 22] }));
    expect(report).toMatchObject({ images: [48, 44], width: 3, cmmd: null });
    expect(report.frechet).toBeCloseTo(await frechetDistance(known(0), known(1)), 5);
    expect(report.kernel.value).toBeCloseTo((await kernelDistance(known(0), known(1))).value, 5);
    expect(report.frechetBySize.points.map(({ images }) => images)).toEqual([11, 22, 44]);
  });

  test("are normalised as was asked", async () => {
    const report = await measureDistances(run({ network: { mean: [0, 0, 0], deviation: [1, 1, 1] } }));
    expect(4 * report.frechet).toBeCloseTo(await frechetDistance(known(0), known(1)), 5);
  });

  test.each([
    ["text.onnx", /text\.onnx cannot be used as a network of features/],
    ["none.onnx", /none\.onnx cannot be used as a network of features: ENOENT/],
    ["flat.onnx", /must have one input, float32 \[batch, 3, height, width\]; it has x, float32 \[5, 3\]/],
  ])("%s is refused in a sentence", async (name, message) => {
    await expect(openNetwork(join(folder, name))).rejects.toThrow(message);
  });

  test("an output that is not there is refused with the names of those that are", async () => {
    const opened = openNetwork(join(folder, "colour.onnx"), { output: "logits" });
    await expect(opened).rejects.toThrow(/no output logits; its outputs are features/);
  });
});

test("images that are on both sides are counted by their bytes, and kernel distances have a reason instead of an interval", async () => {
  const [a, b] = files;
  const apart = await measureDistances(run({}));
  expect(apart).toMatchObject({ shared: 0, kernel: { reason: null } });
  expect(apart.kernel.interval).not.toBeNull();
  const copy = join(folder, "renamed.png");
  await copyFile(a[0] ?? "", copy);
  const report = await measureDistances(run({ features: "clip-toy", files: [a, [...b.slice(0, 8), ...a.slice(5, 9), copy]] }));
  const reason =
    "5 images are on both sides, which makes a kernel distance too small, even below 0: leave the shared images out on one side";
  expect(report).toMatchObject({ shared: 5, kernel: { interval: null, reason }, cmmd: { interval: null, reason } });
  const whole = await measureDistances(run({ files: [a, a] }));
  expect(whole.shared).toBe(a.length);
  expect(whole.kernel.value).toBeLessThan(0);
});

test("the embeddings of a CLIP give a CMMD as well, and a broken image is named", async () => {
  const report = await measureDistances(run({ features: "clip-toy", files: [files[0].slice(0, 12), files[1].slice(0, 10)] }));
  expect(report.width).toBeGreaterThan(8);
  expect(report.cmmd?.value).toBeGreaterThan(0);
  expect(report.protocol).toContain("features of clip-toy");
  const broken = run({
    features: "clip-toy",
    files: [[join(folder, "text.onnx"), ...files[0].slice(0, 3)], files[1].slice(0, 4)],
  });
  await expect(measureDistances(broken)).rejects.toThrow(/text\.onnx cannot be read, so that no distance can be given/);
});
