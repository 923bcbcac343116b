/**
 * @file Whether a whole dataset keeps every rule of its rows and splits, answered by DuckDB with all cores. It only says yes or "perhaps
 * not": what is wrong, and in which row, the row-by-row checks then say, which remain the authority.
 */

import { type Ask, askDatasets, columnsOfView, type SplitFiles } from "../duckdb.ts";
import { OWN_SPLITS, SPLITS } from "../row.ts";
import { ENOUGH_PROMPTS } from "../splits/splits.ts";
import { JUDGED } from "./consistency.ts";

/**
 * Each condition holds in a row that keeps the rules of consistency.ts and of `checkRow`; null counts as broken. Captions are left to the questions about
 * prompts, which read them anyway and take null for no prompt: reading them here as well takes a fifth of the whole proof.
 */
const ROW_CONDITIONS = [
  ...JUDGED.filter((name) => name !== "caption").map((name) => `${name} is not null`),
  "num_example_per_prompt is not null",
  "(label_0 = 1 and label_1 = 0) or (label_0 = 0 and label_1 = 1) or (label_0 = 0.5 and label_1 = 0.5)",
  "has_label = (label_0 <> 0.5)",
  "best_image_uid = case when label_0 = 0.5 then 'none' when label_0 = 1 then image_0_uid else image_1_uid end",
  "are_different = (model_0 <> model_1)",
  "image_0_uid <> image_1_uid",
];
const FURTHER_CONDITIONS: Readonly<Record<string, string>> = {
  slot_0: "slot_0 is null or slot_0 in ('left', 'right')",
  kept_image: "kept_image is null or kept_image in (0, 1)",
  simulated: "simulated is null or json_valid(simulated)",
};

/**
 * Holds for a caption that is a prompt. A text is blank to JavaScript when it has only spaces of any script; a text that is blank only to one of
 * the two is looked at again.
 */
const IS_PROMPT = "coalesce(regexp_matches(caption, '[^\\s\\p{Z}\\x{feff}]'), false)";

/** The splits whose rows are rankings of their own, each with its number in a key of two bits. */
const OWN = OWN_SPLITS.map((split, i) => ({ split, condition: `split = '${split}'`, number: i }));
const IS_OWN = OWN.map(({ condition }) => condition).join(" or ");

/** Columns that only conditions about null look at. Their lengths are added up, so that their values are read as well. */
const READ_WHOLE = "sum(strlen(image_0_url) + strlen(image_1_url))";

/**
 * Returns true when no row breaks a rule: neither one within a row, nor one between rows or splits. False when one may be broken, when a
 * file cannot be read, or when DuckDB cannot run here.
 */
export async function isProvenSound(files: SplitFiles): Promise<boolean> {
  if (files.size < SPLITS.length) return false;
  try {
    return await askDatasets({ everything: files }, async (ask) => {
      for (const query of queriesOf(await columnsOfView(ask, "everything")))
        if (!isZero((await ask(query))[0]?.[0])) return false;
      return haveOwnIds(ask);
    });
  } catch {
    return false;
  }
}

/** The least and the greatest id of a ranking, and the number of rankings. */
const RANGE = `select min(ranking_id), max(ranking_id), count(*) from everything where ${IS_OWN}`;

/** Ids are marked in a row of bits when it has at most so many bits for each ranking (8 bytes), and in all as many as DuckDB allows. */
const MOST_BITS = { ofRanking: 64n, ofAll: 1_000_000_000n };

/** Counts rankings whose id another one has: with a bit for each id that there could be, where ids are as dense as those of an app. */
const repeatedBetween = (least: bigint, greatest: bigint): string =>
  `select count(*) - bit_count(bitstring_agg(ranking_id, ${least}, ${greatest})) from everything where ${IS_OWN}`;

/** The same for any ids; it remembers each, which takes far longer. */
const REPEATED = `select count(*) - count(distinct ranking_id) from everything where ${IS_OWN}`;

/** Whether each ranking of train, validation and test has an id of its own. */
async function haveOwnIds(ask: Ask): Promise<boolean> {
  const [least, greatest, count] = (await ask(RANGE))[0] ?? [];
  if (count === 0n) return true;
  if (typeof least !== "bigint" || typeof greatest !== "bigint" || typeof count !== "bigint") return false;
  const bits = greatest - least + 1n;
  const isDense = bits <= MOST_BITS.ofRanking * count && bits <= MOST_BITS.ofAll;
  return isZero((await ask(isDense ? repeatedBetween(least, greatest) : REPEATED))[0]?.[0]);
}

/** Whether a count is 0: DuckDB gives counts of some types as numbers, of others as bigints. */
const isZero = (count: unknown): boolean => count === 0n || count === 0;

/** Statements that each count what may break a rule. */
function queriesOf(columns: ReadonlySet<string>): string[] {
  const further = Object.entries(FURTHER_CONDITIONS).flatMap(([name, condition]) => (columns.has(name) ? [condition] : []));
  const sound = [...ROW_CONDITIONS, ...further].map((condition) => `(${condition})`).join(" and ");
  return [
    `select count(*) - count(*) filter (where ${sound}) + case when ${READ_WHOLE} < 0 then 1 else 0 end from everything`,
    // num_example_per_prompt counts the rankings of a caption in its split, and a caption is in one split only: number and split are one key.
    `select count(*) from (
      select caption, count(*) as rankings, min(key) as least, max(key) as most
      from (select caption, num_example_per_prompt * 4 + case ${OWN.map(({ condition, number }) => `when ${condition} then ${number}`).join(" ")} end as key
        from everything where ${IS_OWN})
      group by caption
    ) where least <> most or least // 4 <> rankings or not ${IS_PROMPT}`,
    ...(["validation", "test"] as const).flatMap((base) => uniqueQueries(base)),
    `select case when count(*) > ${ENOUGH_PROMPTS} then count(*) - count(distinct user_id) else 0 end from everything where ends_with(split, '_unique')`,
  ];
}

/** A unique split has exactly one ranking of each prompt of its base, one of the base's own. */
function uniqueQueries(base: "validation" | "test"): string[] {
  const rows = (split: string, column: string) => `select ${column} from everything where split = '${split}'`;
  const unique = `${base}_unique`;
  return [
    `select count(*) - count(distinct caption) + count(*) filter (where num_example_per_prompt <> 1 or not ${IS_PROMPT}) from everything where split = '${unique}'`,
    `select count(*) from (${rows(unique, "ranking_id")} except ${rows(base, "ranking_id")})`,
    `select count(*) from (${rows(base, "caption")} except ${rows(unique, "caption")})`,
  ];
}
