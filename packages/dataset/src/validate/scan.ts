/**
 * @file Whether a whole dataset keeps every rule of its rows and splits, answered by DuckDB with all cores. It only says yes or "perhaps
 * not": what is wrong, and in which row, the row-by-row checks then say, which remain the authority.
 */

import { askDatasets, columnsOfView, type SplitFiles } from "../duckdb.ts";
import { SPLITS } from "../row.ts";
import { ENOUGH_PROMPTS } from "../splits/splits.ts";
import { JUDGED } from "./consistency.ts";

/** Each condition holds in a row that keeps the rules of consistency.ts and of `checkRow`; null counts as broken. */
const ROW_CONDITIONS = [
  ...JUDGED.map((name) => `${name} is not null`),
  "num_example_per_prompt is not null",
  // A text is blank to JavaScript when it has only spaces of any script; a text that is blank only to one of the two is looked at again.
  "regexp_matches(caption, '[^\\s\\p{Z}\\x{feff}]')",
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
      for (const query of queriesOf(await columnsOfView(ask, "everything"))) {
        const [[count] = []] = await ask(query);
        if (count !== 0n) return false;
      }
      return true;
    });
  } catch {
    return false;
  }
}

/** Statements that each count what may break a rule. */
function queriesOf(columns: ReadonlySet<string>): string[] {
  const further = Object.entries(FURTHER_CONDITIONS).flatMap(([name, condition]) => (columns.has(name) ? [condition] : []));
  const sound = [...ROW_CONDITIONS, ...further].map((condition) => `(${condition})`).join(" and ");
  return [
    `select count(*) - count(*) filter (where ${sound}) + case when ${READ_WHOLE} < 0 then 1 else 0 end from everything`,
    // num_example_per_prompt counts the rankings of a caption in its split, and a caption is in one split only.
    `select count(*) from (
      select caption, count(*) as rankings, min(num_example_per_prompt) as least, max(num_example_per_prompt) as most,
        min(split) as home, max(split) as last
      from everything where not ends_with(split, '_unique') group by caption
    ) where least <> rankings or most <> rankings or home <> last`,
    "select count(ranking_id) - count(distinct ranking_id) from everything where not ends_with(split, '_unique')",
    ...(["validation", "test"] as const).flatMap((base) => uniqueQueries(base)),
    `select case when count(*) > ${ENOUGH_PROMPTS} then count(*) - count(distinct user_id) else 0 end from everything where ends_with(split, '_unique')`,
  ];
}

/** A unique split has exactly one ranking of each prompt of its base, one of the base's own. */
function uniqueQueries(base: "validation" | "test"): string[] {
  const rows = (split: string, column: string) => `select ${column} from everything where split = '${split}'`;
  const unique = `${base}_unique`;
  return [
    `select count(*) - count(distinct caption) + count(*) filter (where num_example_per_prompt <> 1) from everything where split = '${unique}'`,
    `select count(*) from (${rows(unique, "ranking_id")} except ${rows(base, "ranking_id")})`,
    `select count(*) from (${rows(base, "caption")} except ${rows(unique, "caption")})`,
  ];
}
