/** @file Delivers a report as a table, as JSON or as a page, on stdout or in a file: one way for every command that can write a page. */
import { checkWritable, writeWholeFile } from "@pickapic/disk";
import { type Context, note, type Output, result } from "./context.ts";

/** The options --format, --output and --json. */
export interface DeliveryOptions {
  readonly format?: "table" | "json" | "html";
  readonly output?: string;
  readonly json?: boolean;
}

/** A report in every form that may be asked for; only one is made. */
export interface Forms {
  json: () => object;
  /** For the output that it is written to, which may have colours. */
  table: (output: Output) => string;
  /** Loads what draws pages only when it is called, because plots load slowly. */
  html: () => Promise<string>;
}

/** Writes the report in the form that the options ask for. A file is whole or absent. */
export async function deliver(
  { json, table, html }: Forms,
  { format, json: asJson, output }: DeliveryOptions,
  context: Context,
): Promise<void> {
  const kind = asJson ? "json" : (format ?? "table");
  if (output === undefined && kind !== "html") return result(context, kind === "json", json(), () => table(context.stdout));
  const text = {
    html,
    json: async () => `${JSON.stringify(json())}\n`,
    table: async () => `${table({ write() {} })}\n`,
  };
  const written = await text[kind]();
  if (output === undefined) context.stdout.write(written);
  else {
    await writeWholeFile(output, written);
    note(context, `Report: ${output}`);
  }
}

/** Makes sure, before anything is measured, that the report can be written where it is to go. @throws the system's error */
export async function checkDelivery({ output }: DeliveryOptions): Promise<void> {
  if (output !== undefined) await checkWritable(output);
}
