/**
 * @file Whether a whole dataset keeps every rule of its rows and splits, answered by DuckDB with all cores. It only says yes or "perhaps
 * not": what is wrong, and in which row, the row-by-row checks then say, which remain the authority.
 */

import { askDatasets, columnsOfView, type SplitFiles } from "../duckdb.ts";
import { OWN_SPLITS, SPLITS } from "../row.ts";
import { ENOUGH_PROMPTS } from "../splits/splits.ts";
import { JUDGED } from "./consistency.ts";

/** Each condition holds in a row that keeps the rules of consistency.ts and of `checkRow`; null counts as broken. */
const ROW_CONDITIONS = [
  ...JUDGED.map((name) => `${name} is not null`),
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
      const countOf = async (query: string) => (await ask(query))[0]?.[0];
      for (const query of queriesOf(await columnsOfView(ask, "everything"))) if ((await countOf(query)) !== 0n) return false;
      for (const query of ASCENDING) if ((await countOf(query)) !== 0n) return (await countOf(REPEATED)) === 0n;
      return true;
    });
  } catch {
    return false;
  }
}

/** Rankings whose id is in two rows. */
const REPEATED = `select count(ranking_id) - count(distinct ranking_id) from everything where ${IS_OWN}`;

/**
 * Each counts rankings that are not behind another one, or that another split has. Ids that ascend in each split, as in every export, are told to
 * be different without remembering them; REPEATED decides about others.
 */
const ASCENDING = [
  ...OWN.map(
    ({ condition }) =>
      `select count(*) from (select ranking_id <= lag(ranking_id) over () as behind from everything where ${condition}) where behind`,
  ),
  ...OWN.flatMap(({ condition }, i) =>
    OWN.slice(0, i).map(
      (other) =>
        `select count(*) from everything where ${condition} and ranking_id in (select ranking_id from everything where ${other.condition})`,
    ),
  ),
];

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
