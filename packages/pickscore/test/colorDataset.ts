/** @file The examples of tinyClip.ts as a dataset on the disk. */
import { labelColumns, memorySource, type RankingRecord, UNRECORDED, writeDataset } from "@pickapic/dataset";
import type { Example } from "../src/index.ts";

/** Writes a dataset of these examples, as rankings of as many people for twenty prompts of a colour each. */
export async function writeColors(examples: readonly Example[], folder: string, { images = true } = {}): Promise<void> {
  await writeDataset(sourceOf(examples), folder, { images, seed: 1, name: "colours" });
}

function sourceOf(examples: readonly Example[]) {
  const bytes = new Map<string, Uint8Array>();
  for (const { image0, bytes0, image1, bytes1 } of examples) bytes.set(image0, bytes0).set(image1, bytes1);
  const records = examples.map(({ caption, image0, image1, target }, i): RankingRecord => {
    const label = target[0] === target[1] ? "tie" : target[0] > target[1] ? 0 : 1;
    return {
      ...UNRECORDED,
      ...labelColumns(label, image0, image1),
      ...{ are_different: false, model_0: "m", model_1: "m", image_0_url: "", image_1_url: "" },
      image_0_uid: image0,
      image_1_uid: image1,
      caption: `${caption} ${i % 20}`,
      created_at: BigInt(i),
      ranking_id: BigInt(i + 1),
      user_id: BigInt(i + 1),
    };
  });
  return memorySource(records, async (uid) => bytes.get(uid)!);
}
