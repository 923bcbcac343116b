import { expect, test } from "vitest";
import { calendarPlot } from "../src/bars.ts";
import { curvePlot } from "../src/curves.ts";
import { html } from "../src/html.ts";
import { agreementPlot, intervalPlot, ratingPlot } from "../src/plots.ts";

test("texts are escaped, markup is not, whatever people typed", () => {
  const prompt = `<img src=x onerror="alert('&')">`;
  expect(html`<p>${prompt}</p>${[html`<b>${1}</b>`, html`<i>&</i>`]}`.markup).toBe(
    "<p>&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;</p><b>1</b><i>&</i>",
  );
});

test("a plot has a mark for each figure, at its place", () => {
  const rows = [
    { name: "random", share: 0.5 },
    { name: "<ours>", share: 0.75, interval: [0.7, 0.8] as const, ours: true },
  ];
  const { markup } = intervalPlot(rows, { label: "accuracy", reference: 0.5, domain: [0.5, 1] });
  expect(markup.match(/<circle/g)).toHaveLength(2);
  expect(markup).toContain("75.0 %");
  expect(markup).toContain("&lt;ours&gt;");
  const centres = [...markup.matchAll(/<circle[^>]*cx="([\d.]+)"/g)].map((match) => Number(match[1]));
  const [left, middle] = centres;
  // 0.5 is the left end of the axis, 0.75 its middle.
  expect(middle! - left!).toBeCloseTo((880 - 130 - 60) / 2, 0);
});

test("bars of whole days are marked by days, also where there is only one", () => {
  const { markup } = calendarPlot([{ day: "2026-11-28", count: 900, darker: 115 }], { unit: "rankings", days: 1 });
  expect([...markup.matchAll(/>(\d{4}-\d\d-\d\d)</g)].map(([, day]) => day)).toEqual(["2026-11-28", "2026-11-29"]);
  expect(markup).not.toMatch(/[AP]M</);
});

test("plots of few points are drawn all the same", () => {
  expect(curvePlot([{ step: 1, loss: 0.7 }], { label: "loss", of: ({ loss }) => loss }).markup).toContain("<svg");
  const rating = {
    ...{ player: "a", rating: 1000, low: 900, high: 1100, games: 3, winRate: null },
    ...{ rankRange: { low: 1, high: 1 }, reason: null },
  };
  expect(agreementPlot([rating], [rating], (player) => player).markup.match(/<circle/g)).toHaveLength(1);
});

test("ratings stand at their places; one without an interval is a dot alone", () => {
  const rest = { games: 30, winRate: null, rankRange: { low: 1, high: 2 }, reason: null };
  const ratings = [
    { ...rest, player: "strong", rating: 1200, low: 1100, high: 1300 },
    { ...rest, player: "new", rating: 800, low: null, high: null },
  ];
  const { markup } = ratingPlot(ratings);
  const [strong, other] = [...markup.matchAll(/<circle[^>]*cx="([\d.]+)"/g)].map((match) => Number(match[1]));
  const lines = [...markup.matchAll(/<line y2="45" y1="45" x2="([\d.]+)" x1="([\d.]+)"/g)].map(([, high, low]) => [low, high]);
  const perPoint = (strong! - other!) / 400;
  expect(perPoint).toBeGreaterThan(1);
  expect(lines.map((ends) => ends.map(Number))).toEqual([
    [strong! - 100 * perPoint, strong! + 100 * perPoint].map((x) => expect.closeTo(x, 6)),
  ]);
  expect(markup.match(/<circle/g)).toHaveLength(2);
});
