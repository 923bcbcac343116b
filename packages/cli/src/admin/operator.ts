/** @file The commands that the operator of a running app gives it: their options, and the connection with the operator's token. */
import type { Client } from "@pickapic/experiments/simulate";
import type { Command } from "commander";
import { findAdminToken, type TokenOptions } from "../adminToken.ts";
import type { Context } from "../context.ts";
import { findApp, URL_HELP } from "../runningApp.ts";

/** The options that say which app is meant, and by which token it knows its operator. */
export interface OperatorOptions extends TokenOptions {
  url?: string;
}

/** How long to wait for an app that does not answer, ms. */
const AWAY_MS = 5_000;

/** Adds --url, --data and --admin-token. */
export function operatorOptions(command: Command, { env }: Context): Command {
  return command
    .option("--url <address>", URL_HELP)
    .option("--data <folder>", "the app's data folder, which has the operator's token", env.PICKAPIC_DATA ?? "data")
    .option("--admin-token <token>", "the operator's token (default: PICKAPIC_ADMIN_TOKEN, else from --data)");
}

/**
 * Returns a client of the app, and the operator's token for its requests.
 * @throws CliError PICKAPIC_CLI_TOKEN_MISSING, PICKAPIC_USAGE_ARGUMENT
 */
export async function openOperator(options: OperatorOptions, context: Context): Promise<{ client: Client; token: string }> {
  const token = await findAdminToken(context, options);
  const url = await findApp(options);
  const { openClient } = await import("@pickapic/experiments/simulate");
  const { signal, now } = context;
  return { client: openClient({ url, awayTimeoutMs: AWAY_MS, signal, now, random: () => 0.5, onRetry() {} }), token };
}
