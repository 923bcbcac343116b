import { expect, test } from "vitest";
import type { ClipScorer } from "../../src/index.ts";
import { openBaseline, standing } from "../../src/score/baseline.ts";
import { fakeScorer } from "../fakeScorer.ts";

const unit = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle));

/** Texts and images are angles; T is 10. Counts the texts that were embedded. */
function angles(): { scorer: ClipScorer; embedded: string[]; batches: number[] } {
  const embedded: string[] = [];
  const batches: number[] = [];
  const scorer = fakeScorer({
    logitScale: 10,
    async embedTexts(texts) {
      embedded.push(...texts);
      return texts.map((text) => unit(Number(text)));
    },
    async embedEach(images) {
      batches.push(images.length);
      return images.map((image) =>
        image === "broken" ? { code: "PICKAPIC_IMAGE_UNREADABLE", message: "broken: no" } : unit(Number(image)),
      );
    },
  });
  return { scorer, embedded, batches };
}

test("a score stands among the scores of the set under the same prompt", async () => {
  const { scorer } = angles();
  const baseline = await openBaseline(scorer, ["0", "1", "2"]);
  const others = [10, 10 * Math.cos(1), 10 * Math.cos(2)];
  const score = 7;
  const preferred = others.reduce((sum, other) => sum + Math.exp(score) / (Math.exp(score) + Math.exp(other)), 0) / 3;
  const { percentile, ...rest } = await baseline.compare("0", score);
  expect(percentile).toBeCloseTo(200 / 3, 10);
  expect(rest.preferred).toBeCloseTo(preferred, 5);
  // Under another prompt the set scores otherwise.
  expect((await baseline.compare("3.1", score)).percentile).toBe(100);
});

test("percentiles: the best is above all, the worst above none, an equal one counts half", () => {
  const others = Float64Array.of(1, 2, 3, 4);
  expect([0, 1, 2.5, 4, 5].map((score) => standing(score, others).percentile)).toEqual([0, 12.5, 50, 87.5, 100]);
  expect(standing(2, Float64Array.of(2, 2)).preferred).toBe(0.5);
  expect(standing(-800, others).preferred).toBeCloseTo(0, 10);
  expect(standing(800, others).preferred).toBe(1);
});

test("images that cannot be read are left out with their reason; the others come in batches, with progress", async () => {
  const { scorer, batches } = angles();
  const images = Array.from({ length: 300 }, (_, i) => (i % 100 === 5 ? "broken" : `${i}`));
  const steps: number[] = [];
  const baseline = await openBaseline(scorer, images, (done) => steps.push(done));
  expect([baseline.size, baseline.unreadable]).toEqual([297, ["broken: no", "broken: no", "broken: no"]]);
  expect(batches.length).toBeGreaterThan(1);
  expect(steps.at(-1)).toBe(300);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
});

test("a prompt is embedded once, however often its images are compared", async () => {
  const { scorer, embedded } = angles();
  const baseline = await openBaseline(scorer, ["0", "1"]);
  for (let i = 0; i < 5; i++) await Promise.all([baseline.compare("0.5", i), baseline.compare("2", i)]);
  expect(embedded.toSorted()).toEqual(["0.5", "2"]);
});
