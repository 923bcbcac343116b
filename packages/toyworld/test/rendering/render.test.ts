/** @file Pictures: the same bytes for the same request, the same picture at every size, and exactly what the depiction says. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { type Depiction, describeImage, type Pixels, renderImage, renderPixels } from "../../src/index.ts";
import { finish } from "../../src/rendering/pixels.ts";
import { GOLDEN_REQUESTS, requestFor } from "../requests.ts";
import { type Snapshot, tilesOf } from "../snapshot.ts";

const golden = JSON.parse(await readFile(new URL("../../../../fixtures/toyworld/golden.json", import.meta.url), "utf8")) as {
  snapshots: Snapshot[];
};
const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const worst = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

describe("the same request", () => {
  test("gives the picture that it has always given", async () => {
    for (const { request, tiles } of golden.snapshots) expect(worst(tilesOf(await renderPixels(request)), tiles)).toBeLessThan(2);
  });

  test("gives the same bytes, also in another process and whatever was drawn before", async () => {
    const request = GOLDEN_REQUESTS[1]!;
    const here = sha((await renderImage(request)).bytes);
    await renderImage(GOLDEN_REQUESTS[2]!);
    expect(sha((await renderImage(request)).bytes)).toBe(here);
    const code = `import { renderImage } from ${JSON.stringify(fileURLToPath(new URL("../../src/index.ts", import.meta.url)))};
      import { createHash } from "node:crypto";
      const { bytes } = await renderImage(${JSON.stringify(request)});
      process.stdout.write(createHash("sha256").update(bytes).digest("hex"));`;
    expect(execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" })).toBe(here);
  });

  test("with another seed, model or guidance gives another picture", async () => {
    const request = requestFor("a cat");
    const pictures = [request, { ...request, seed: 2 }, { ...request, model: "toy-dream" }, { ...request, guidanceScale: 9 }];
    const hashes = await Promise.all(pictures.map(async (picture) => sha((await renderPixels(picture)).data)));
    expect(new Set(hashes).size).toBe(4);
  });
});

test("a small picture is the large one made small", async () => {
  for (const request of GOLDEN_REQUESTS.slice(0, 3)) {
    const small = tilesOf(await renderPixels({ ...request, width: 64, height: 64 }));
    const large = tilesOf(await renderPixels({ ...request, width: 256, height: 256 }));
    expect(small.reduce((sum, value, i) => sum + Math.abs(value - large[i]!), 0) / small.length).toBeLessThan(4);
  }
});

describe("renderImage", () => {
  test("encodes the pixels as a JPEG of the size that was asked for, without warnings", async () => {
    const request = requestFor("a cat", { width: 160, height: 96 });
    const image = await renderImage(request);
    expect(image).toMatchObject({ mediaType: "image/jpeg", width: 160, height: 96, warnings: [] });
    const { data, info } = await sharp(image.bytes).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([160, 96, 3]);
    expect(worst(tilesOf({ width: 160, height: 96, data }), tilesOf(await renderPixels(request)))).toBeLessThan(4);
  });

  test("says which settings it did not follow", async () => {
    const { width, height, warnings } = await renderImage(
      requestFor("a cat", { negativePrompt: "dog", steps: 3, width: 8, height: 24 }),
    );
    expect([width, height]).toEqual([16, 24]);
    expect(warnings).toEqual([
      "The toy world ignores negative prompts.",
      "toy-xl always takes 30 steps; 3 was ignored.",
      "The toy world draws 16 to 1024 px; 8 x 24 became 16 x 24.",
    ]);
  });
});

describe("the pixels agree with the depiction", () => {
  const base: Depiction = { ...describeImage(requestFor("a cat")), vividness: 0.5, noise: 0, blur: 0, artefacts: 0, burn: 0 };
  const flat: Depiction = { ...base, shown: { ...base.shown, style: "flat" } };
  const drawing = async (): Promise<Pixels> =>
    renderPixels(requestFor("a red apple on a green background", { width: 128, height: 128 }));
  const finished = async (changes: Partial<Depiction>) => finish(await drawing(), { ...flat, ...changes });

  test("more vividness is more colour, and burning clips", async () => {
    expect(saturation(await finished({ vividness: 0.9 }))).toBeGreaterThan(1.5 * saturation(await finished({ vividness: 0.1 })));
    expect(clipped(await finished({ vividness: 0.8, burn: 1 }))).toBeGreaterThan(
      clipped(await finished({ vividness: 0.8 })) + 0.1,
    );
  });

  test("noise is grain and artefacts move things, by their amount", async () => {
    const clean = await finished({});
    const [grain, more] = [difference(clean, await finished({ noise: 0.2 })), difference(clean, await finished({ noise: 0.4 }))];
    expect(grain).toBeGreaterThan(2);
    expect(more / grain).toBeCloseTo(2, 0);
    expect(difference(clean, await finished({ artefacts: 0.05 }))).toBe(0);
    expect(difference(clean, await finished({ artefacts: 0.5 }))).toBeGreaterThan(2);
  });

  test("what the depiction says of blur and background is in the rendered picture", async () => {
    const seeds = Array.from({ length: 50 }, (_, seed) =>
      requestFor("a star on a blue background", { seed, model: "toy-classic" }),
    );
    const pictures = await Promise.all(
      seeds.map(async (request) => ({ depiction: describeImage(request), pixels: await renderPixels(request) })),
    );
    const blue = pictures.filter(({ depiction }) => depiction.shown.background === "blue backdrop");
    const other = pictures.filter(({ depiction }) => /red|orange|yellow|brown/.test(depiction.shown.background));
    expect([blue.length > 5, other.length > 1]).toEqual([true, true]);
    for (const { pixels } of blue) expect(corner(pixels)[2]).toBeGreaterThan(corner(pixels)[0]! + 5);
    for (const { pixels } of other) expect(corner(pixels)[0]).toBeGreaterThan(corner(pixels)[2]!);
    expect(
      correlation(
        pictures.map(({ depiction }) => depiction.vividness),
        pictures.map(({ pixels }) => saturation(pixels)),
      ),
    ).toBeGreaterThan(0.4);
  });
});

describe("finish gives the bytes that it has always given", () => {
  const base = describeImage(requestFor("a cat"));
  // Odd widths and heights, because the loops take four pixels at a time; each has other flaws. The hashes are those of loops in double precision alone; the
  // two larger pictures have values that single precision without its limit of safety (`close`) rounds to other bytes.
  test.each([
    ["7630dc43325a00b3", 65, 33, "watercolour", { vividness: 0.7, noise: 0.1, artefacts: 0.3, burn: 0.2 }],
    ["a99be4cc43d3780c", 32, 47, "flat", { vividness: 0.4, noise: 0.3, artefacts: 0.05, burn: 0 }],
    ["ccdd626af853a202", 96, 96, "flat", { vividness: 0.9, noise: 0, artefacts: 0.8, burn: 1 }],
    ["f8ef41457824c092", 17, 16, "watercolour", { vividness: 0.1, noise: 0.5, artefacts: 0, burn: 0 }],
    ["8486c4f7556d6b55", 401, 300, "watercolour", { vividness: 0.7, noise: 0.1, artefacts: 0.3, burn: 0.2 }],
    ["0ac98d24f684b003", 401, 300, "flat", { vividness: 0.55, noise: 0.2, artefacts: 0.3, burn: 0 }],
  ] as const)("%s", (expected, width, height, style, flaws) => {
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * i * 31 + i * 7) >> 4);
    const before = data.slice();
    const depiction = { ...base, ...flaws, shown: { ...base.shown, style } };
    const finished = finish({ width, height, data }, depiction);
    expect(sha(finished.data).slice(0, 16)).toBe(expected);
    const withAlpha = Uint8Array.from({ length: 4 * width * height }, (_, i) =>
      i % 4 === 3 ? i >> 3 : (data[3 * (i >> 2) + (i % 4)] ?? 0),
    );
    const memory = new Uint8Array(data.length);
    expect(finish({ width, height, data: withAlpha }, depiction, { memoryOf: () => memory }).data).toBe(memory);
    expect(sha(memory).slice(0, 16)).toBe(expected);
    expect(Buffer.compare(data, before)).toBe(0);
  });
});

function saturation({ data }: Pixels): number {
  let sum = 0;
  for (let q = 0; q < data.length; q += 3) {
    const [r, g, b] = [data[q]!, data[q + 1]!, data[q + 2]!];
    sum += Math.max(r, g, b) - Math.min(r, g, b);
  }
  return (3 * sum) / data.length;
}

/** Share of channel values at the ends of the scale. */
function clipped({ data }: Pixels): number {
  return data.filter((value) => value === 0 || value === 255).length / data.length;
}

function difference(a: Pixels, b: Pixels): number {
  return a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]!), 0) / a.data.length;
}

/** Mean RGB of the upper left corner. */
function corner(pixels: Pixels): number[] {
  return tilesOf(pixels).slice(0, 3);
}

function correlation(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const cov = mean(xs.map((x, i) => (x - mx) * (ys[i]! - my)));
  return cov / Math.sqrt(mean(xs.map((x) => (x - mx) ** 2)) * mean(ys.map((y) => (y - my) ** 2)));
}
