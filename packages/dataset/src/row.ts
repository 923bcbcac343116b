/**
 * @file One row of the dataset: the columns of the original Pick-a-Pic with its names, order and types, then the further ones.
 */

/** Parquet and Arrow types that a column may have, spelled as in the feature metadata of Hugging Face. */
export type ColumnType = "bool" | "string" | "timestamp[ns]" | "binary" | "float64" | "int64" | "int32";

/** `null` in a further column means that the source did not record it, as in an import of the original. */
export interface PreferenceRow {
  /** `model_0 !== model_1`. */
  are_different: boolean;
  /** uid of the winner, or "none" for a tie. */
  best_image_uid: string;
  /** The prompt. */
  caption: string;
  /** When the ranking was made: nanoseconds since 1970-01-01 UTC (see `nanosecondsOf`). */
  created_at: bigint;
  /** False for ties. */
  has_label: boolean;
  /** The same uid in several rows is the same image. */
  image_0_uid: string;
  image_0_url: string;
  image_1_uid: string;
  image_1_url: string;
  /** JPEG bytes; absent in the variant without images. */
  jpg_0?: Uint8Array;
  jpg_1?: Uint8Array;
  /** 1 and 0, 0 and 1, or 0.5 and 0.5. */
  label_0: number;
  label_1: number;
  model_0: string;
  model_1: string;
  /** int64, unique among the rankings. */
  ranking_id: bigint;
  /** int64, the person who ranked; pseudonymous. */
  user_id: bigint;
  /** int64, rankings of this caption within the split. */
  num_example_per_prompt: bigint;
  /**
   * int64, the position of the ranking in its source, from 0; a row of a unique split has that of its ranking. pandas left this
   * column in the original, and the authors' own loader reads it. `null` in datasets written without it.
   */
  __index_level_0__: bigint | null;

  /** Seed of the generator, int64. */
  seed_0: bigint | null;
  seed_1: bigint | null;
  guidance_scale_0: number | null;
  guidance_scale_1: number | null;
  negative_prompt_0: string | null;
  negative_prompt_1: string | null;
  /** Denoising steps, int32. */
  steps_0: number | null;
  steps_1: number | null;
  scheduler_0: string | null;
  scheduler_1: string | null;
  /** The side on which image 0 was shown. */
  slot_0: "left" | "right" | null;
  /** Which image was kept from the previous answer (int32); null when both were new. */
  kept_image: 0 | 1 | null;
  /** Time from showing to answering, ms, int32. */
  answer_ms: number | null;
  /** Version of the consent text that the person agreed to. */
  consent_version: string | null;
  /** JSON of the simulated person (parameters and seed); null for a human. */
  simulated: string | null;
  /** Probability with which the models of the pair were drawn, given the kept image, above 0 and at most 1 (docs/mathematics.md). */
  draw_probability: number | null;
}

/** The name of a column of the dataset, such as "caption" or "jpg_0". */
export type ColumnName = keyof PreferenceRow;

/**
 * A row with these columns. A column that a reader asks for is there, the pictures included; only a row with all columns of a dataset may be without
 * pictures.
 */
export type RowOf<C extends ColumnName> = ColumnName extends C ? PreferenceRow : Required<Pick<PreferenceRow, C>>;

/** A column of the schema. Its type has the name that Hugging Face's features give it. */
export interface Column {
  readonly name: ColumnName;
  readonly type: ColumnType;
  /**
   * "original": a column of 2023. "image": one of these that is missing in the variant without images. "index": one of these that
   * not every copy has. "further": added by this project.
   */
  readonly kind: "original" | "image" | "index" | "further";
}

const original = (name: ColumnName, type: ColumnType): Column => ({ name, type, kind: "original" });
const image = (name: ColumnName): Column => ({ name, type: "binary", kind: "image" });
const further = (name: ColumnName, type: ColumnType): Column => ({ name, type, kind: "further" });

/** The further columns of a ranking for which only the original's columns are known. */
export const UNRECORDED = {
  seed_0: null,
  seed_1: null,
  guidance_scale_0: null,
  guidance_scale_1: null,
  negative_prompt_0: null,
  negative_prompt_1: null,
  steps_0: null,
  steps_1: null,
  scheduler_0: null,
  scheduler_1: null,
  slot_0: null,
  kept_image: null,
  answer_ms: null,
  consent_version: null,
  simulated: null,
  draw_probability: null,
} as const satisfies Partial<PreferenceRow>;

/** Every column, in file order. The order of the first nineteen is that of yuvalkirstain/pickapic_v1. */
export const COLUMNS: readonly Column[] = [
  original("are_different", "bool"),
  original("best_image_uid", "string"),
  original("caption", "string"),
  original("created_at", "timestamp[ns]"),
  original("has_label", "bool"),
  original("image_0_uid", "string"),
  original("image_0_url", "string"),
  original("image_1_uid", "string"),
  original("image_1_url", "string"),
  image("jpg_0"),
  image("jpg_1"),
  original("label_0", "float64"),
  original("label_1", "float64"),
  original("model_0", "string"),
  original("model_1", "string"),
  original("ranking_id", "int64"),
  original("user_id", "int64"),
  original("num_example_per_prompt", "int64"),
  { name: "__index_level_0__", type: "int64", kind: "index" },
  further("seed_0", "int64"),
  further("seed_1", "int64"),
  further("guidance_scale_0", "float64"),
  further("guidance_scale_1", "float64"),
  further("negative_prompt_0", "string"),
  further("negative_prompt_1", "string"),
  further("steps_0", "int32"),
  further("steps_1", "int32"),
  further("scheduler_0", "string"),
  further("scheduler_1", "string"),
  further("slot_0", "string"),
  further("kept_image", "int32"),
  further("answer_ms", "int32"),
  further("consent_version", "string"),
  further("simulated", "string"),
  further("draw_probability", "float64"),
];

/** Value of `best_image_uid` in a tie. */
export const NO_WINNER = "none";

/** The five splits. `validation_unique` and `test_unique` repeat one row per prompt of `validation` and `test`. */
export const SPLITS = ["train", "validation", "test", "validation_unique", "test_unique"] as const;
/** One of the five parts of a dataset. */
export type Split = (typeof SPLITS)[number];
/** The splits that have rankings of their own; the unique splits repeat rankings of these. */
export const OWN_SPLITS = ["train", "validation", "test"] as const satisfies readonly Split[];

/** The columns of a dataset with or without images, in file order. */
export function columnsOf(images: boolean): readonly Column[] {
  return images ? COLUMNS : COLUMNS.filter(({ kind }) => kind !== "image");
}

/** The four columns that tell the winner. `choice` is the index of the preferred image. */
export function labelColumns(
  choice: 0 | 1 | "tie",
  uid0: string,
  uid1: string,
): Pick<PreferenceRow, "best_image_uid" | "has_label" | "label_0" | "label_1"> {
  if (choice === "tie") return { best_image_uid: NO_WINNER, has_label: false, label_0: 0.5, label_1: 0.5 };
  const best_image_uid = choice === 0 ? uid0 : uid1;
  return { best_image_uid, has_label: true, label_0: choice === 0 ? 1 : 0, label_1: choice };
}

/** Milliseconds of a Date as the nanoseconds of `created_at`. */
export function nanosecondsOf(date: Date): bigint {
  return BigInt(date.getTime()) * 1_000_000n;
}

/** `created_at` as a Date, cut to whole milliseconds. */
export function dateOf(nanoseconds: bigint): Date {
  return new Date(Number(nanoseconds / 1_000_000n));
}
