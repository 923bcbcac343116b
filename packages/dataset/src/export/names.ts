/** @file The formats that `dataset export` writes, with what each is. It loads nothing, so that a help text may list them. */

/** Name and meaning of each format that is written. */
export const WRITTEN = [
  { name: "pickapic", what: "the columns of Pick-a-Pic in five splits of Parquet: what every other command reads" },
  { name: "diffusers-dpo", what: "Parquet for diffusers' train_diffusion_dpo.py: jpg_0, jpg_1, label_0, caption" },
  { name: "kohya", what: "folders for sd-scripts' preference training: w/ and l/ with a picture and a caption each, and a TOML" },
  { name: "webdataset", what: "tar files: 000000001.0.jpg, 000000001.1.jpg, 000000001.json" },
  { name: "jsonl", what: "JSON Lines with a folder of pictures; `dataset import` reads it back" },
] as const;

/** What --format takes. */
export type WrittenName = (typeof WRITTEN)[number]["name"];

/** What becomes of a tie: left out; written as a tie; or written twice, each image winning once. */
export const TIES = ["drop", "keep", "split"] as const;

/** One of the three things that may become of ties. */
export type Ties = (typeof TIES)[number];
