/** @file `pickapic admin`: prints the operator's token and the reports of an app, and exports on its server. */
import type { ReportedImage } from "@pickapic/server/api";
import type { Command } from "commander";
import { registerAdminExport } from "../admin/export.ts";
import { type OperatorOptions, openOperator, operatorOptions } from "../admin/operator.ts";
import { findAdminToken } from "../adminToken.ts";
import { type Context, result } from "../context.ts";
import { JSON_RESULT, whole } from "../options.ts";
import { table } from "../table.ts";

interface AdminOptions {
  data: string;
  json?: boolean;
}

interface ReportsOptions extends OperatorOptions {
  limit: number;
  json?: boolean;
}

/** Adds `pickapic admin token`, which reads the data folder, and `pickapic admin reports`, which asks a running app. */
export function registerAdmin(program: Command, context: Context): void {
  const admin = program.command("admin").description("what the operator of an app needs");
  admin
    .command("token")
    .description("print the operator's token of the app that keeps its data in a folder")
    .option("--data <folder>", "the app's data folder", context.env.PICKAPIC_DATA ?? "data")
    .option(...JSON_RESULT)
    .addHelpText(
      "after",
      `\nExample:\n  $ curl -H "Authorization: Bearer $(pickapic admin token)" http://localhost:3000/api/admin/images/...`,
    )
    .action((options: AdminOptions) => printToken(options, context));
  const reports = admin
    .command("reports")
    .summary("pictures that people reported, with reasons")
    .description("list the pictures that people of a running app reported, newest first: reason, note, model and prompt");
  operatorOptions(reports, context)
    .option("--limit <n>", "largest number of pictures in the list, 1 to 200", whole(1, 200), 50)
    .option(...JSON_RESULT)
    .addHelpText("after", "\nExample:\n  $ pickapic admin reports --json")
    .action((options: ReportsOptions) => printReports(options, context));
  registerAdminExport(admin, context);
}

async function printReports(options: ReportsOptions, context: Context): Promise<void> {
  const [{ client, token }, { Reports }] = await Promise.all([openOperator(options, context), import("@pickapic/server/api")]);
  const path = `/api/admin/reports?limit=${options.limit}`;
  const { reports, next } = await client.send({ method: "GET", path, token }, Reports);
  result(context, options.json, { reports, next }, () => reportsText(context, reports, next));
}

function reportsText(context: Context, reports: readonly ReportedImage[], next: string | null): string {
  if (reports.length === 0) return "No picture was reported.";
  const heads = ["report", "when", "reason", "model", "picture", "prompt", "note"].map((head) => ({ head }));
  const rows = reports.map(({ report, createdAt, reason, model, url, prompt, note }) => [
    `${report}`,
    createdAt.slice(0, 16).replace("T", " "),
    reason,
    model,
    url,
    prompt,
    note,
  ]);
  return table(context.stdout, heads, rows) + (next === null ? "" : "There are older ones: ask for more with --limit.\n");
}

async function printToken(options: AdminOptions, context: Context): Promise<void> {
  const token = await findAdminToken(context, options);
  result(context, options.json, { token }, () => token);
}
