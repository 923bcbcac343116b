import { parseClipConfig } from "@pickapic/clip";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describePlan, planMemory } from "../../src/resources/memoryPlan.ts";
import { isMemory, parseMemory } from "../../src/settings/memorySize.ts";
import { parseTrainedPart } from "../../src/settings/trainedPart.ts";

const GiB = 2 ** 30;
const sized = (width: number, inner: number, layers: number, heads: number) => ({
  hidden_size: width,
  intermediate_size: inner,
  num_hidden_layers: layers,
  num_attention_heads: heads,
});
/** ViT-H/14 of LAION: 986 million parameters. */
const huge = parseClipConfig({
  model_type: "clip",
  projection_dim: 1024,
  text_config: sized(1024, 4096, 24, 16),
  vision_config: { ...sized(1280, 5120, 32, 16), image_size: 224, patch_size: 14 },
});
const base = parseClipConfig({ model_type: "clip" });
const most = { microBatchPairs: 32, pixelCacheMiB: 2048 };
const plan = (part: string, memory: number | null, config = huge) => planMemory(parseTrainedPart(part)!, config, most, memory);

test("sizes are read in binary and decimal units; auto is most of the machine, unlimited is none", () => {
  expect(parseMemory("20GiB")).toBe(20 * GiB);
  expect(parseMemory("1.5 gib")).toBe(1.5 * GiB);
  expect(parseMemory("512MiB")).toBe(GiB / 2);
  expect(parseMemory("8GB")).toBe(8e9);
  expect(parseMemory("auto", () => 100)).toBe(85);
  expect(parseMemory("unlimited")).toBeNull();
  for (const other of ["", "20", "GiB", "-1GiB", "0GiB", "lots", "20GiB or so", "1e3GiB"])
    expect(isMemory(other), other).toBe(false);
});

test("without a limit nothing is lowered", () => {
  expect(plan("all", null)).toEqual({ ...most, lean: false, recompute: false, rows: 32, bytes: null });
});

test("a model that is small for the machine is trained the usual way", () => {
  expect(plan("all", 64 * GiB, base)).toMatchObject({ microBatchPairs: 32, lean: false, recompute: false });
});

test("all parameters of a small model are planned with the activations of one graph, however many graphs are open", () => {
  const small = parseClipConfig({
    model_type: "clip",
    projection_dim: 128,
    text_config: { ...sized(128, 512, 3, 4), max_position_embeddings: 32 },
    vision_config: { ...sized(128, 512, 4, 4), image_size: 96, patch_size: 12 },
  });
  const { bytes, ...chosen } = planMemory({ kind: "all" }, small, { microBatchPairs: 32, pixelCacheMiB: 256 }, 16 * GiB);
  expect(chosen).toMatchObject({ microBatchPairs: 32, lean: false });
  expect(bytes).toBeLessThan(1.3 * GiB); // With the activations of three graphs it was 2.3 GiB.
});

test("all of ViT-H/14 fits into 21 GiB, and low-rank additions to it into 8 GiB", () => {
  expect(plan("all", 21 * GiB)).toMatchObject({ lean: true });
  expect(plan("lora:8", 8 * GiB)).toMatchObject({ lean: true });
});

test("as memory shrinks the micro-batch does, and then activations are computed again", () => {
  const steps = [40, 26, 21, 17.5].map((size) => plan("all", size * GiB));
  expect(steps.map(({ recompute }) => recompute)).toEqual([false, false, false, true]);
  const kept = steps.slice(0, 3).map(({ microBatchPairs }) => microBatchPairs);
  expect(kept).toEqual(kept.toSorted((a, b) => b - a));
});

test("what a plan says it takes is never more than it may", () => {
  const parts = fc.constantFrom("all", "head", "last:2", "lora:8");
  fc.assert(
    fc.property(parts, fc.double({ min: 0.5, max: 100, noNaN: true }), (part, size) => {
      try {
        const { bytes, microBatchPairs, rows, lean, recompute } = plan(part, size * GiB);
        expect(bytes).toBeLessThanOrEqual(size * GiB);
        expect(microBatchPairs).toBeGreaterThanOrEqual(1);
        expect(rows).toBeGreaterThanOrEqual(1);
        if (recompute) expect(lean).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: "PICKAPIC_TRAIN_MEMORY" });
      }
    }),
  );
});

test("too little memory is refused with the amount that is needed, and that amount is enough", () => {
  const refusal = (() => {
    try {
      plan("all", 12 * GiB);
    } catch (error) {
      return error as Error;
    }
    throw new Error("12 GiB were accepted");
  })();
  const [, least] = /at least about ([\d.]+) GiB of memory; it may use 12\.0 GiB.*--memory.*--train lora:8/.exec(
    refusal.message,
  )!;
  expect(Number(least)).toBeGreaterThan(15.5); // 16 bytes for each of 986 million parameters
  expect(plan("all", Number(least) * GiB)).toMatchObject({ microBatchPairs: 1, recompute: true });
});

test.each(["all", "head", "last:1", "last:2", "lora:1", "lora:8", "lora:64"])(
  "the amount that a refusal of %s names is enough as it is written",
  (part) => {
    for (const config of [base, huge]) {
      let needed = "";
      try {
        plan(part, 1, config);
      } catch (error) {
        needed = /at least about (\S+ GiB)/.exec((error as Error).message)![1]!;
      }
      expect(plan(part, parseMemory(needed), config).microBatchPairs).toBeGreaterThanOrEqual(1);
    }
  },
);

test("a plan says in one sentence what it chose", () => {
  expect(describePlan(plan("all", 17.5 * GiB), 17.5 * GiB)).toMatch(
    /^Memory: \d+ pairs? at a time, each layer computed again in backward: about 1[67]\.\d GiB of 17\.5 GiB\.$/,
  );
  expect(describePlan(plan("all", 64 * GiB, base), 64 * GiB)).toMatch(/32 pairs at a time, all activations kept: about/);
});
