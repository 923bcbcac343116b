/** @file How often the 95 % intervals and rank ranges of ratings hold the truth: the toy world's own answers, by people, prompts, tastes and use of models. */
import { parseArgs } from "node:util";
import { seededRandom } from "../packages/chance/src/index.ts";
import { drawPopulation } from "./coverage/answers.ts";
import { allConditions, type Held, simulate, truthOf } from "./coverage/conditions.ts";

const { values } = parseArgs({
  options: { simulations: { type: "string", default: "1000" }, only: { type: "string", default: "" }, json: { type: "boolean" } },
});
const simulations = Number(values.simulations);
/** Answers from which the true ratings are computed. With this number, their standard error is a fiftieth of that of the narrowest interval. */
const TRUTH_ANSWERS = 2_000_000;

const population = drawPopulation(300, 24, 1);
const truths = new Map<string, Map<string, number>>();
const rows: ({ condition: string } & Held)[] = [];
const percent = (share: number) => (100 * share).toFixed(1);

if (!values.json)
  process.stdout.write(
    `${simulations} simulations each, 4 models; % of intervals that hold (all, the worst model), of ranks, points, % of intervals that take answers as independent\n`,
  );
for (const [i, condition] of allConditions().entries()) {
  const { people, prompts, answers, ownPrompts, kind } = condition;
  const name = `${condition.name}, ${people} people, ${prompts} prompts${ownPrompts ? " of their own" : ""}, ${answers} answers`;
  if (!name.includes(values.only)) continue;
  const truth = truths.get(kind) ?? truthOf(population, condition, TRUTH_ANSWERS, 99);
  truths.set(kind, truth);
  const held = simulate(population, condition, truth, simulations, seededRandom(1000 + i));
  rows.push({ condition: name, ...held });
  if (values.json) continue;
  const figures = [
    percent(held.intervals),
    percent(held.least),
    percent(held.ranks),
    held.halfWidth.toFixed(0),
    percent(held.independent),
  ];
  process.stdout.write(`${name.padEnd(82)}${figures.map((figure) => figure.padStart(8)).join("")}\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
