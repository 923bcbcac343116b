/** @file Writes scores to a file, or to stdout as CSV, JSON, a table or a contact sheet. */
import { dirname, extname, resolve } from "node:path";
import { openWholeFile } from "@pickapic/disk";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import type { Output } from "../context.ts";
import { CliError } from "../errors.ts";
import { type Column, table } from "../table.ts";
import { csvHead, csvRows, jsonRow, openSink, outputColumns, type Scored } from "./output.ts";
import type { ScoredImage } from "./run.ts";
import type { Source } from "./source.ts";

/** Takes scored images as they come, and writes them. */
export interface Destination {
  take(images: readonly ScoredImage[]): Promise<void>;
  /** Completes the output after the last image. */
  finish(): Promise<void>;
  /** Gives up after a failure and leaves no file behind. After `finish` it does nothing. */
  abandon(): Promise<void>;
}

/** The formats of --format: an aligned table, JSON, CSV, or a contact sheet in HTML. */
export type Format = "table" | "json" | "csv" | "html";

/** What an output says beside the scores. */
interface About {
  readonly source: Pick<Source, "prompt" | "carried" | "passedOver" | "unreadable">;
  /** The name of the scorer. */
  readonly scorer: string;
  /** How the image files were decoded. */
  readonly pixels: PixelPolicy;
  /** Returns a sentence of caution about the scorer, or null. Called after the last image. */
  readonly caution: () => Promise<string | null>;
  /** True if scores are compared with a baseline. */
  readonly baseline: boolean;
}

/** Outputs that people look at, by format or file extension. They do not show carried columns. */
const FOR_THE_EYE = ["table", "html"];

/** True if an output has the carried columns of a table. */
export const carries = (output: string | undefined, format: Format): boolean =>
  !FOR_THE_EYE.includes(output === undefined ? format : extname(output).toLowerCase().slice(1));

/** The file extensions of outputs. */
const ENDINGS = [".csv", ".jsonl", ".parquet", ".html"];

/**
 * Checks the name of an output file before any work is done.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT if the extension is unknown or contradicts --format
 */
export function checkOutput(output: string, format: Format | undefined): void {
  const usage = (text: string) => new CliError("PICKAPIC_USAGE_ARGUMENT", text);
  const end = extname(output).toLowerCase();
  if (!ENDINGS.includes(end)) throw usage(`--output: expected a name that ends in ${ENDINGS.join(", ")}; got ${output}.`);
  if (format && `.${format}` !== end && !(format === "json" && end === ".jsonl"))
    throw usage(`--format ${format}: the name ${output} says something else; leave --format out or change the name.`);
}

/** Opens an output file, whose extension decides the format. The file appears only when it is complete. */
export async function openFile(output: string, { source, scorer, caution, baseline }: About): Promise<Destination> {
  if (extname(output).toLowerCase() !== ".html") {
    const sink = await openSink(output, outputColumns(baseline, source.carried));
    return {
      take: (images) => sink.write(images),
      finish: () => sink.close(),
      abandon: () => sink.abandon(),
    };
  }
  const file = await openWholeFile(output);
  const write = async (page: string) => {
    await file.handle.writeFile(page);
    await file.commit();
  };
  return {
    ...(await openSheet({ scorer, caution }, dirname(resolve(output)), write)),
    abandon: () => file.discard(),
  };
}

/**
 * Opens an output on stdout.
 * @param stdout decides colours and widths of a table
 * @param print writes to stdout
 */
export async function openPrint(
  format: Format,
  about: About,
  stdout: Output,
  print: (text: string) => void,
): Promise<Destination> {
  const done = { finish: async () => {}, abandon: async () => {} };
  if (format === "html") return { ...done, ...(await openSheet(about, null, async (page) => print(page))) };
  if (format === "json") return { ...done, ...jsonPrint(about, print) };
  if (format === "table") return { ...done, ...tablePrint(about, stdout, print) };
  const columns = outputColumns(about.baseline, about.source.carried);
  print(csvHead(columns));
  return { ...done, take: async (images) => print(csvRows(images, columns)) };
}

async function openSheet(
  { scorer, caution }: Pick<About, "scorer" | "caution">,
  folder: string | null,
  write: (page: string) => Promise<void>,
) {
  const { Sheet } = await import("./sheet.ts");
  const sheet = new Sheet();
  return {
    take: (images: readonly ScoredImage[]) => sheet.add(images),
    finish: async () => write(await sheet.page({ scorer, caution: await caution(), folder })),
  };
}

/** Prints one line of JSON, piece by piece. */
function jsonPrint(
  { source: { prompt, passedOver, unreadable }, scorer, pixels, caution }: About,
  print: (text: string) => void,
): Omit<Destination, "abandon"> {
  const failures: { image: string; message: string }[] = unreadable.map((image) => ({
    image,
    message: `${image}: it cannot be read.`,
  }));
  const head = JSON.stringify(prompt === null ? { scorer, pixels, rows: [] } : { prompt, scorer, pixels, images: [] }).slice(
    0,
    -2,
  );
  let separator = head;
  return {
    async take(images) {
      for (const image of images) {
        const { scored } = image;
        if (prompt !== null && scored.error !== null) failures.push({ image: scored.image, message: scored.error });
        else {
          print(separator + (prompt === null ? jsonRow(image) : JSON.stringify(ranked(scored))));
          separator = ",";
        }
      }
    },
    async finish() {
      const sentence = await caution();
      const warnings = sentence === null ? "" : `,"warnings":${JSON.stringify([sentence])}`;
      const tail =
        prompt === null
          ? `]${warnings}}`
          : `],"unreadable":${JSON.stringify(failures)},"passedOver":${JSON.stringify(passedOver)}${warnings}}`;
      print(`${separator === head ? head : ""}${tail}\n`);
    },
  };
}

/** Returns the JSON object of an image that was scored under the one prompt of the call. */
function ranked({ image, rank, score, probability, percentile, preferred }: Scored): object {
  return { image, rank, score, probability, ...(percentile !== undefined && { percentile, preferred }) };
}

/** Number of rows after which a table is printed and a new one begins, because all rows of a table must be in memory to align it. */
const TABLE_ROWS = 1000;

function tablePrint(
  { source: { prompt }, baseline }: About,
  stdout: Output,
  print: (text: string) => void,
): Omit<Destination, "abandon"> {
  const columns = tableColumns(prompt === null, baseline);
  let printed = 0;
  let rows: string[][] = [];
  const flush = () => {
    print(`${printed > 0 ? "\n" : ""}${table(stdout, columns, rows)}`);
    printed += rows.length;
    rows = [];
  };
  return {
    async take(images) {
      for (const { scored } of images) {
        // Images that were named on the command line and cannot be read are reported on stderr only.
        if (prompt === null || scored.error === null) rows.push(tableRow(scored, prompt === null, baseline));
        if (rows.length === TABLE_ROWS) flush();
      }
    },
    async finish() {
      if (rows.length > 0 || printed === 0) flush();
    },
  };
}

function tableColumns(ofTable: boolean, baseline: boolean): Column[] {
  return [
    ...(ofTable ? [{ head: "row", align: "right" } as const, { head: "prompt", max: 40 }] : []),
    { head: "image", max: ofTable ? 50 : 70 },
    { head: "score", align: "right" },
    { head: "probability", align: "right" },
    ...(baseline ? [{ head: "percentile", align: "right" } as const, { head: "preferred", align: "right" } as const] : []),
    ...(ofTable ? [{ head: "error", max: 60 }] : []),
  ];
}

function tableRow(scored: Scored, ofTable: boolean, baseline: boolean): string[] {
  const share = (value: number | null | undefined) => (typeof value === "number" ? `${(100 * value).toFixed(1)} %` : "");
  return [
    ...(ofTable ? [`${scored.row}`, scored.prompt] : []),
    scored.image,
    scored.score?.toFixed(3) ?? "",
    share(scored.probability),
    ...(baseline ? [scored.percentile?.toFixed(0) ?? "", share(scored.preferred)] : []),
    ...(ofTable ? [scored.error ?? ""] : []),
  ];
}
