/** @file Finds the operator's token of an app: from an option, the environment, or the app's data folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "./context.ts";
import { CliError } from "./errors.ts";

/** Where a command's options say that the operator's token is; `adminToken` is the token itself. */
export interface TokenOptions {
  adminToken?: string;
  /** The app's data folder. */
  data: string;
}

/**
 * Returns the operator's token of an app.
 * @throws CliError PICKAPIC_CLI_TOKEN_MISSING, which names the three ways to give it
 */
export async function findAdminToken({ env }: Context, { adminToken, data }: TokenOptions): Promise<string> {
  const given = adminToken ?? env.PICKAPIC_ADMIN_TOKEN;
  if (given) return given;
  const file = join(data, "admin-token");
  const token = await readFile(file, "utf8").catch(() => "");
  if (token.trim() !== "") return token.trim();
  throw new CliError("PICKAPIC_CLI_TOKEN_MISSING", file);
}
