/** @file The names of the formats that `dataset import` reads, with what each is. It loads nothing, so that a help text may list them. */

/** Name and meaning of each format, in the order in which a file is tried; the last one takes any table of pairs. */
export const FORMATS = [
  { name: "pickapic", what: "Pick-a-Pic v1 and v2, with and without images, and any file with such columns" },
  { name: "hpdv3", what: "HPDv3 and HPDv3++ json: path1 was preferred; equal counts in choice_dist are a tie" },
  { name: "hpdv2", what: "HPDv2 json: train (human_preference), test (each person's ranking becomes pairs)" },
  { name: "imagereward", what: "ImageRewardDB: generations and ranking, or a row per image with prompt_id and rank" },
  { name: "rapidata", what: "Rapidata's Parquet: more votes, or the larger weighted share, wins; equal ones tie" },
  { name: "mmrb2", what: "Multimodal RewardBench 2, t2i.json or its Parquet" },
  { name: "arena", what: "vote logs of arenas: model_a, model_b, winner; prompt or conversation_a" },
  { name: "table", what: "any other table of pairs, with the columns that `dataset from-csv` reads" },
] as const;

/** What --format takes. */
export type FormatName = (typeof FORMATS)[number]["name"];

/** What becomes of the counted votes of many people on one pair: the image with more wins one ranking, or each vote is a ranking of a person of its own. The first is the default. */
export const VOTES_RULES = ["majority", "repeat"] as const;
/** What --votes takes. */
export type VotesRule = (typeof VOTES_RULES)[number];
