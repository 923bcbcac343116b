/** @file The answers of people in a dataset: of all who judged the same pair, and of experts who judged pairs again. */
import {
  byCanonical,
  choiceOf,
  type Dataset,
  Faults,
  firstOf,
  OWN_SPLITS,
  openTableFile,
  type TableRow,
  tableInvalid,
} from "@pickapic/dataset";
import type { Label } from "@pickapic/evaluation";
import { labelOf } from "./pairs.ts";

/** One person's answer to a pair of images. */
export interface Answer {
  readonly rankingId: bigint;
  readonly person: string;
  readonly prompt: string;
  /** From the side of the image whose uid is first in the order of texts. */
  readonly label: Label;
  readonly time: bigint;
}

/** Names a pair of images of a prompt, whatever their order. */
export const pairKey = (prompt: string, uid0: string, uid1: string): string =>
  JSON.stringify(uid0 < uid1 ? [prompt, uid0, uid1] : [prompt, uid1, uid0]);

const turned = (label: Label): Label => (label === "tie" ? label : label === 0 ? 1 : 0);

/** Reads all answers of a dataset, by `pairKey`, without images. A ranking that is in several splits counts once. */
export async function answersIn(dataset: Dataset): Promise<Map<string, Answer[]>> {
  const columns = ["ranking_id", "user_id", "caption", "image_0_uid", "image_1_uid", "label_0", "created_at"] as const;
  const answers = new Map<string, Answer[]>();
  for (const split of OWN_SPLITS) {
    for await (const row of dataset.read(split, { columns })) {
      const key = pairKey(row.caption, row.image_0_uid, row.image_1_uid);
      const label = labelOf(row.label_0);
      const answer: Answer = {
        rankingId: row.ranking_id,
        person: `${row.user_id}`,
        prompt: row.caption,
        label: row.image_0_uid < row.image_1_uid ? label : turned(label),
        time: row.created_at,
      };
      const known = answers.get(key);
      if (known) known.push(answer);
      else answers.set(key, [answer]);
    }
  }
  return answers;
}

/** The answers of experts to rankings of a dataset, by ranking id, from the side of image 0. */
export type ExpertAnswers = ReadonlyMap<bigint, readonly Label[]>;

/**
 * Reads a table of experts' answers: ranking_id, and choice in any spelling that `dataset from-csv` takes (0 or a: image_0; 1 or b: image_1; tie). Several rows of one ranking are
 * several experts.
 * @throws DatasetError PICKAPIC_DATASET_TABLE_INVALID, listing the rows that are wrong
 */
export async function readExperts(file: string): Promise<ExpertAnswers> {
  const table = await openTableFile(file);
  const faults = new Faults(file);
  const answers = new Map<bigint, Label[]>();
  for await (const row of table.rows()) {
    if (row.problem !== null) {
      faults.add(row.where, row.problem);
      continue;
    }
    const { id, label } = expertRow(row, file);
    if (id === null) faults.add(row.where, "expected the ranking_id of the dataset, a whole number");
    else if (label === undefined) faults.add(row.where, "expected 0, 1 or tie as choice");
    else answers.set(id, [...(answers.get(id) ?? []), label]);
  }
  faults.throwIfAny();
  return answers;
}

/** An expert names an image by its side, not by a file, a uid or a model. */
const UNNAMED = { paths: ["", ""], uids: ["", ""], models: ["", ""] } as const;

function expertRow({ values }: TableRow, file: string): { id: bigint | null; label: Label | undefined } {
  const names = byCanonical(Object.keys(values));
  const [id, choice] = [firstOf(names, ["ranking_id", "id"]), firstOf(names, ["choice", "label", "answer", "winner"])];
  if (id === undefined || choice === undefined)
    throw tableInvalid(file, `expected the columns ranking_id and choice; got ${Object.keys(values).join(", ")}`);
  const number = String(values[id]).trim();
  return {
    id: /^\d+$/.test(number) ? BigInt(number) : null,
    label: choiceOf({ ...UNNAMED, choice: String(values[choice]).trim() }, ["image_0", "image_1"], 0),
  };
}
