/** @file The rules within a row, checked on the columns of a row group: those of consistency.ts and of the further columns (validate.ts, `checkRow`). */

import type { PlacedTexts } from "../pages/values.ts";
import { NO_TEXT } from "../pages/values.ts";
import { type ColumnName, NO_WINNER } from "../row.ts";
import { JUDGED } from "./consistency.ts";
import type { GroupColumns } from "./groupColumns.ts";

/** The columns that the proof reads: those of the rules of a row, and the number of rankings of its prompt. */
export const COLUMNS_OF_ROWS: readonly ColumnName[] = [...JUDGED, "num_example_per_prompt", "slot_0", "kept_image", "simulated"];

/** Whether no row of a row group breaks a rule. Captions, ids, people and counts are left to the rules between rows. @throws RangeError as the columns do */
export function areRowsSound(columns: GroupColumns): boolean {
  columns.everyInteger("created_at");
  columns.checkTexts("image_0_url");
  columns.checkTexts("image_1_url");
  return areChoicesSound(columns) && areFurtherSound(columns);
}

function areChoicesSound(columns: GroupColumns): boolean {
  const [label0, label1] = [columns.everyNumber("label_0"), columns.everyNumber("label_1")];
  const [labelled, different] = [columns.everyNumber("has_label"), columns.everyNumber("are_different")];
  const [uid0, uid1] = [columns.addresses("image_0_uid"), columns.addresses("image_1_uid")];
  const sameModel = sameTexts(columns, columns.addresses("model_0"), columns.addresses("model_1"));
  const sameImage = sameTexts(columns, uid0, uid1);
  const none = heldText(columns, NO_WINNER);
  const winners = columns.memory.integers(columns.memory.take(4 * columns.rows), columns.rows);
  for (let row = 0; row < columns.rows; row++) {
    const first = label0[row];
    const second = label1[row];
    const isTie = first === 0.5 && second === 0.5;
    if (!isTie && !(first === 1 && second === 0) && !(first === 0 && second === 1)) return false;
    if ((labelled[row] === 1) === isTie) return false;
    if ((different[row] === 1) === (sameModel[row] === 1) || sameImage[row] === 1) return false;
    winners[row] = (isTie ? none : first === 1 ? uid0[row] : uid1[row]) ?? 0;
  }
  return sameTexts(columns, columns.addresses("best_image_uid"), winners).every((same) => same === 1);
}

/** 1 for each row in which two columns have the same text, 0 for the others. The texts are told by their addresses, in arrays of the memory. */
function sameTexts({ memory, rows }: GroupColumns, left: Int32Array, right: Int32Array): Uint8Array {
  const to = memory.take(rows);
  memory.equal(left.byteOffset, right.byteOffset, rows, to);
  return memory.bytes(to, rows);
}

/** The address of a text of ours, behind its length. */
function heldText({ memory }: GroupColumns, text: string): number {
  const bytes = new TextEncoder().encode(text);
  const at = memory.take(4 + bytes.length);
  new DataView(memory.memory.buffer).setUint32(at, bytes.length, true);
  memory.bytes(at + 4, bytes.length).set(bytes);
  return at;
}

/** The further columns, where the file has them; any of their values may be null. */
function areFurtherSound(columns: GroupColumns): boolean {
  const isSlot = (text: string) => text === "left" || text === "right";
  if (columns.has("slot_0") && !everyText(columns, "slot_0", isSlot)) return false;
  if (columns.has("simulated") && !everyText(columns, "simulated", isJson)) return false;
  const kept = columns.has("kept_image") ? columns.numbers("kept_image") : new Float64Array();
  for (let row = 0; row < kept.length; row++) if (kept[row] !== 0 && kept[row] !== 1 && !Number.isNaN(kept[row])) return false;
  return true;
}

/** Whether each row has no text or one that passes a test. */
function everyText(columns: GroupColumns, name: ColumnName, test: (text: string) => boolean): boolean {
  const asked = ({ at, count }: PlacedTexts) => {
    const texts = columns.memory.integers(at, count);
    for (let i = 0; i < count; i++) texts[i] = Number(test(textAt(columns, texts[i] ?? 0)));
  };
  return columns.texts(name, asked).every((passes) => passes === 1 || passes === NO_TEXT);
}

function textAt({ memory }: GroupColumns, address: number): string {
  const length = new DataView(memory.memory.buffer).getUint32(address, true);
  return Buffer.from(memory.memory.buffer, address + 4, length).toString();
}

/** Whether a text is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
