/** @file `pickapic admin`: what the administrator of an app needs to know. */
import type { Command } from "commander";
import { type Context, result } from "../context.ts";

interface AdminOptions {
  data: string;
  json?: boolean;
}

export function registerAdmin(program: Command, context: Context): void {
  const admin = program.command("admin").description("what the administrator of an app needs");
  admin
    .command("token")
    .description("print the administrator's token of the app that keeps its data in a folder")
    .option("--data <folder>", "the app's data folder", context.env.PICKAPIC_DATA ?? "data")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `\nExample:\n  $ curl -H "Authorization: Bearer $(pickapic admin token)" http://localhost:3000/api/admin/images/...`,
    )
    .action((options: AdminOptions) => printToken(options, context));
}

async function printToken(options: AdminOptions, context: Context): Promise<void> {
  const { findAdminToken } = await import("../adminToken.ts");
  const token = await findAdminToken(context, options);
  result(context, options.json, { token }, () => token);
}
