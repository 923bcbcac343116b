/** @file Writes generated pictures: each with its settings in the texts of a PNG and in a JSON file beside it, and a contact sheet of those that were scored. */
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import { type Finished, type PictureRecord, parametersText, recordOf } from "./record.ts";

/** Name of the contact sheet. */
export const SHEET_FILE = "contact-sheet.html";

/**
 * Writes a picture and its JSON file, each whole or not at all. A PNG gets its settings as texts, unless it has such texts already; a picture of another format stays byte by
 * byte as it came.
 * @param number of the picture in the folder, from 1: its name begins with it
 */
export async function writePicture(folder: string, number: number, finished: Finished): Promise<PictureRecord> {
  const { bytes, mediaType } = finished.image;
  const record = recordOf(nameOf(number, finished), finished);
  await writeWholeFile(join(folder, record.file), mediaType === "image/png" ? await withTexts(bytes, record) : bytes);
  await writeWholeFile(join(folder, record.file.replace(/\.\w+$/, ".json")), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

async function withTexts(png: Uint8Array, record: PictureRecord): Promise<Uint8Array> {
  const { withPngTexts } = await import("@pickapic/pictures");
  return withPngTexts(png, { parameters: parametersText(record), pickapic: JSON.stringify(record) });
}

function nameOf(number: number, { request, image }: Finished): string {
  const extension = image.mediaType.replace("image/", "").replace("jpeg", "jpg");
  const seed = image.used?.seed ?? request.seed;
  const name = [String(number).padStart(3, "0"), request.model.replace(/[^\w.-]+/g, "-"), ...(seed === null ? [] : [seed])];
  return `${name.join("-")}.${extension}`;
}

/** What a contact sheet says above the pictures. */
export interface SheetHead {
  scorer: string;
  /** A sentence of caution about the scorer, or null. */
  caution: string | null;
  /** A sentence about where the pictures come from. */
  origin: string;
}

/** The pictures of a best-of-n, best first. */
export interface RankedPictures {
  /** These become files. */
  written: readonly Finished[];
  /** The next ones, which only the contact sheet shows. */
  shown: readonly Finished[];
}

/**
 * Writes the best pictures of a best-of-n, and a contact sheet of these and the next ones, into a folder that may hold others. They appear when all of them are whole.
 * @returns the records of the pictures that are files, best first
 * @throws the system's error; then the folder is as it was
 */
export async function writeBest(folder: string, { written, shown }: RankedPictures, head: SheetHead): Promise<PictureRecord[]> {
  const { addFiles } = await import("@pickapic/disk");
  const records: PictureRecord[] = [];
  const fill = async (staging: string) => {
    for (const [i, picture] of written.entries()) records.push(await writePicture(staging, i + 1, picture));
    const files = records.map((record) => ({ record, image: join(staging, record.file) }));
    const others = shown.map((each) => ({ record: recordOf(NOT_WRITTEN, each), image: each.image.bytes }));
    await writeWholeFile(join(staging, SHEET_FILE), await sheetOf(staging, [...files, ...others], head));
  };
  await addFiles(folder, fill, [SHEET_FILE]);
  return records;
}

/** Stands on the contact sheet in the place of a file's name. */
const NOT_WRITTEN = "not written";

/** A picture on a contact sheet: its file, or its bytes where it is none. */
interface Shown {
  record: PictureRecord;
  image: string | Uint8Array;
}

async function sheetOf(folder: string, pictures: readonly Shown[], head: SheetHead): Promise<string> {
  const { Sheet } = await import("../scoring/sheet.ts");
  const sheet = new Sheet();
  await sheet.add(
    pictures.map(({ record, image }, i) => {
      const { file, prompt, judged } = record;
      const scored = {
        row: i + 1,
        prompt,
        image: file,
        rank: judged?.rank ?? null,
        score: judged?.score ?? null,
        probability: null,
      };
      return { scored: { ...scored, error: null }, image, carried: {}, facts: factsOf(record) };
    }),
  );
  return sheet.page({ ...head, folder });
}

function factsOf({ judged, seed, guidanceScale, template }: PictureRecord): [string, string][] {
  const overNext = judged?.probabilityOverNext ?? null;
  const facts: [string, string | null][] = [
    ["preferred to the next", overNext === null ? null : `${(100 * overNext).toFixed(1)} %`],
    ["seed", seed === null ? null : `${seed}`],
    ["guidance", guidanceScale === null ? null : guidanceScale.toFixed(1)],
    ["template", template],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

/** A file that shows the best picture so far. */
export interface Preview {
  /** Shows a picture. Of the pictures that come while one is being written, only the newest is written next. */
  show(bytes: Uint8Array): void;
  /** Waits until the newest picture is written. @throws the system's error when one could not be written */
  settle(): Promise<void>;
}

/** Opens a preview file, in which each picture replaces the one before as a whole, so that an image viewer can follow it. */
export function openPreview(file: string): Preview {
  let next: Uint8Array | undefined;
  let isWriting = false;
  let writing: Promise<unknown> = Promise.resolve();
  async function write(): Promise<void> {
    for (let bytes = next; bytes; bytes = next) {
      next = undefined;
      await writeWholeFile(file, bytes);
    }
  }
  return {
    show(bytes) {
      next = bytes;
      if (isWriting) return;
      isWriting = true;
      writing = write().finally(() => {
        isWriting = false;
      });
      writing.catch(() => {}); // `settle` throws it.
    },
    settle: async () => void (await writing),
  };
}
