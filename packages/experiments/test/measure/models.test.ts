import { seededRandom } from "@pickapic/chance";
import { expect, test } from "vitest";
import { configuration, configurationModel, rateModels } from "../../src/measure/models.ts";
import { modelsPage } from "../../src/measure/modelsPage.ts";
import type { JudgedPair } from "../../src/measure/pairs.ts";
import { guidanceEdges } from "../../src/reproduce/steps/models.ts";

/** Pairs of four generators whose strength is known; people choose by it with noise, the judges as the test says. */
function pairs(count: number, judge: (strength0: number, strength1: number) => number): JudgedPair[] {
  const random = seededRandom(3);
  const strength = { strong: 2, good: 1, fair: 0, weak: -1 };
  const names = Object.keys(strength) as (keyof typeof strength)[];
  const draw = () => ({ model: names[Math.floor(4 * random())]!, guidanceScale: 3 + 9 * random() });
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = [draw(), draw()];
    const [sa, sb] = [strength[a.model] + a.guidanceScale / 12, strength[b.model] + b.guidanceScale / 12];
    const label = random() < 1 / (1 + Math.exp(sb - sa)) ? 0 : 1;
    return {
      rankingId: BigInt(i),
      person: `person ${i % 20}`,
      caption: `prompt ${i % 150}`,
      label,
      image0: { uid: "", ...a },
      image1: { uid: "", ...b },
      probabilities: [judge(sa, sb)],
    };
  });
}

const settings = { judges: [{ name: "judge", threshold: 0 }], edges: [6, 9], random: seededRandom(1) };
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test("people's ratings find the order of the generators", () => {
  const { people } = rateModels(
    pairs(600, () => 0.5),
    settings,
  );
  expect(people.models.ratings.map(({ player }) => player)).toEqual(["strong", "good", "fair", "weak"]);
  expect(people.configurations.ratings).toHaveLength(12);
  expect(people.models.method).toContain("by a jackknife over 20 people and 149 prompts (crossed)");
});

test("a judge who knows the truth agrees with people, one who turns it round disagrees, one who always ties does neither", () => {
  const [wise] = rateModels(
    pairs(600, (a, b) => sigmoid(a - b)),
    settings,
  ).judges;
  const [contrary] = rateModels(
    pairs(600, (a, b) => sigmoid(b - a)),
    settings,
  ).judges;
  const [undecided] = rateModels(
    pairs(600, () => 0.5),
    settings,
  ).judges;
  expect(wise!.spearman).toBeGreaterThan(0.85);
  expect(wise!.elo!.mean).toBeGreaterThan(0.8);
  expect(contrary!.spearman).toBeLessThan(-0.85);
  expect(undecided!.models.ratings.every(({ rating }) => Math.abs(rating - 1000) < 1e-6)).toBe(true);
  expect(undecided).toMatchObject({ spearman: null, elo: null, reason: "one side rates all configurations alike" });
});

test("with one model there is nothing to rate, and with two configurations nothing to correlate", () => {
  const alone = pairs(40, () => 0.5).map((pair) => ({
    ...pair,
    image0: { ...pair.image0, model: "strong", guidanceScale: 4 },
    image1: { ...pair.image1, model: "strong", guidanceScale: 8 },
  }));
  const { people, judges } = rateModels(alone, settings);
  expect(people.models).toMatchObject({
    ratings: [],
    reason: "There is nothing to compare: no answer is about two different models.",
  });
  expect(people.configurations.ratings).toHaveLength(2);
  expect(judges[0]).toMatchObject({ spearman: null, elo: null, reason: "too few configurations (2), at least 3 are needed" });
});

/** Rankings of two pairs of models that never met each other. */
const apart = (): JudgedPair[] =>
  pairs(300, (a, b) => sigmoid(a - b)).flatMap((pair) => {
    const groups = [pair.image0.model, pair.image1.model].map((model) => (model === "strong" || model === "good" ? 0 : 1));
    return groups[0] === groups[1] ? [pair] : [];
  });

test.each<[string, () => JudgedPair[], RegExp]>([
  [
    "only ties",
    () => pairs(200, () => 0.5).map((pair) => ({ ...pair, label: "tie" as const })),
    /All \d+ answers are ties: they put no order/,
  ],
  [
    "one person",
    () => pairs(200, () => 0.6).map((pair) => ({ ...pair, person: "p" })),
    /The answers are of one person: the intervals speak of this person only/,
  ],
  [
    "one prompt",
    () => pairs(200, () => 0.6).map((pair) => ({ ...pair, caption: "c" })),
    /The answers are of one prompt: the intervals speak of this prompt only/,
  ],
  [
    "one model",
    () =>
      pairs(60, () => 0.6).map((pair) => ({
        ...pair,
        image0: { ...pair.image0, model: "m" },
        image1: { ...pair.image1, model: "m" },
      })),
    /There is nothing to compare: no answer is about two different models/,
  ],
  ["models that never met", apart, /These never met, not even through others: \{fair, weak\} and \{good, strong\}/],
  ["no answers", () => [], /There is nothing to compare/],
])("%s: a sentence on the page, and no figure that cannot be had", (_name, made, said) => {
  const report = rateModels(made(), { ...settings, checks: true, elo: { shuffles: 3 } });
  const page = modelsPage({ ...report, leftOut: { validation: 0, rated: 0 }, failures: [], notes: [] }, "data").replaceAll(
    "\u00a0",
    " ",
  );
  expect(page).toMatch(said);
  expect(page).not.toMatch(/NaN|undefined|null|Infinity|\[object/);
  const [judge] = report.judges;
  if (made().length > 0 && said.source.includes("never met")) {
    const reason = expect.stringContaining("never met");
    expect(judge!.agreement.spearman).toMatchObject({ value: null, low: null, reason });
    expect(judge).toMatchObject({ spearman: null, elo: null, reason });
    expect(report.checks).toMatchObject({ first: null, withoutPerson: [], clones: [], reason });
    expect(report.people.configurations.remarks.join()).toMatch(/\{fair, guidance [^;}]+; .*\} and \{good, guidance/);
  }
  if (said.source.includes("of one person"))
    expect(report.checks).toMatchObject({
      people: { fewest: null, of: 1, reason: "all answers are of one person, without whom there are none" },
      withoutPerson: [],
    });
});

test("the page has a heat map of who is preferred to whom, the strongest model first", () => {
  const report = rateModels(
    pairs(600, (a, b) => sigmoid(a - b)),
    settings,
  );
  expect(report.winRates.players).toEqual(["strong", "good", "fair", "weak"]);
  const { value, low, high } = report.winRates.rates[0]![3]!;
  expect([value! > 0.8, low! > 0.6, high! > value!]).toEqual([true, true, true]);
  const page = modelsPage(
    {
      ...report,
      leftOut: { validation: 1, rated: 2 },
      failures: [{ scorer: "judge", images: 3, first: [] }],
      notes: ["A note."],
    },
    "data",
  );
  expect(page).toMatch(/color-mix\(in srgb, var\(--ours\) \d+%, transparent\)/);
  expect(page).toContain("A note.");
  for (const text of [
    "<h2>Guidance, side and kept image alike</h2>",
    "<td>guidance, per unit</td>",
    "between equally good models",
  ])
    expect(page).toContain(text);
  expect(page).toContain("3 rankings were left out, because an image in them has no score: judge failed on 3.");
});

test("guidance falls into the bin that its scale belongs to; an edge belongs to the upper one", () => {
  const at = (guidanceScale: number | null) => configuration({ uid: "", model: "toy-xl", guidanceScale }, [6, 9]);
  expect([at(3), at(5.99), at(6), at(9), at(12), at(null)]).toEqual([
    "toy-xl, guidance under 6",
    "toy-xl, guidance under 6",
    "toy-xl, guidance 6-9",
    "toy-xl, guidance from 9",
    "toy-xl, guidance from 9",
    "toy-xl",
  ]);
  expect(configurationModel(at(7))).toBe("toy-xl");
});

test("ties, covariates, Elo and checks come from the same answers", () => {
  const report = rateModels(
    pairs(600, (a, b) => sigmoid(a - b)),
    { ...settings, checks: true, elo: { shuffles: 5, k: 16 } },
  );
  expect(report.elo.map(({ player }) => player)).toEqual(["strong", "good", "fair", "weak"]);
  expect(report.ties.ties.reason).toBe("No answer is a tie.");
  const [guidance, slot, kept] = report.adjusted.coefficients;
  expect(guidance!.low).toBeLessThan(1 / 12);
  expect(guidance!.high).toBeGreaterThan(1 / 12);
  expect([slot!.value, kept!.value]).toEqual([null, null]);
  expect(report.checks!.first).toBe("strong");
  expect(report.checks!.answers.fewest).toBeGreaterThan(5);
  expect(report.checks!.clones).toHaveLength(4);
  expect(report.judges[0]!.agreement.pairs.low).toBeGreaterThan(0.6);
  expect(
    rateModels(
      pairs(60, () => 0.5),
      settings,
    ).checks,
  ).toBeNull();
});

test("45 configurations of four models: the first has twelve ranges of guidance, the others eleven, none without an image", () => {
  const models = ["a", "b", "c", "d"];
  const edges = guidanceEdges(models, 45);
  const scales = Array.from({ length: 9001 }, (_, i) => 3 + i / 1000);
  const names = models.map(
    (model) => new Set(scales.map((guidanceScale) => configuration({ uid: "", model, guidanceScale }, edges))),
  );
  expect(names.map(({ size }) => size)).toEqual([12, 11, 11, 11]);
  expect(edges("a")).toEqual(Array.from({ length: 11 }, (_, i) => expect.closeTo(3.75 + 0.75 * i, 12)));
});
