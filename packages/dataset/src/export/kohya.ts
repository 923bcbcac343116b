/**
 * @file Folders for preference training (Diffusion-DPO, MaPO) with sd-scripts. Source: pull request 1427 of kohya-ss/sd-scripts: a
 * subset with `preference = true` has the folders w and l, in which the preferred and the rejected picture of a pair have the same
 * name, each with a caption beside it. sd-scripts reads the first line of a caption only.
 */

import type { ExportFolder } from "./exportFolder.ts";
import type { Sample, WrittenFormat, WrittenSplit } from "./sample.ts";

/** Folder of the pairs of a split; sd-scripts reads the number as repeats of each picture. */
const pairsOf = (split: WrittenSplit) => `${split}/1_pairs`;

/** What sd-scripts takes as dataset_config. */
export const KOHYA: WrittenFormat = {
  needsImages: true,
  ties: ["drop", "split"],
  about:
    "Pairs in `train/1_pairs/w` (preferred) and `train/1_pairs/l` (rejected): the same name in both, a picture and a `.caption` each, as the preference training\n" +
    "of sd-scripts (pull request 1427) reads them. `dataset_config.toml` names the folder; run the trainer in this folder.",
  open(folder: ExportFolder) {
    return {
      add: (split, sample) => writePair(folder, pairsOf(split), sample),
      async finish() {
        await folder.write("dataset_config.toml", CONFIG);
      },
      async abandon() {},
    };
  },
};

const CONFIG = `# Preference pairs for sd-scripts, whose option dataset_config takes this file
[general]
caption_extension = ".caption"

[[datasets]]
resolution = 512
batch_size = 1

  [[datasets.subsets]]
  image_dir = "train/1_pairs"
  num_repeats = 1
  preference = true
`;

async function writePair(folder: ExportFolder, pairs: string, { number, row, winner }: Sample): Promise<void> {
  const name = String(number).padStart(9, "0");
  const caption = `${row.caption.replaceAll(/\s+/g, " ").trim()}\n`;
  const pictures = winner === 1 ? { w: row.jpg_1, l: row.jpg_0 } : { w: row.jpg_0, l: row.jpg_1 };
  const sides = Object.entries(pictures).flatMap(([side, jpg]) => [
    folder.write(`${pairs}/${side}/${name}.jpg`, jpg ?? new Uint8Array()),
    folder.write(`${pairs}/${side}/${name}.caption`, caption),
  ]);
  await Promise.all(sides);
}
