/** @file `pickapic admin export`: starts an export on the server of a running app, shows how far it is and which releases there are, or removes old ones. */
import type { Exports } from "@pickapic/server/api";
import type { Command } from "commander";
import { type Context, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { whole } from "../options.ts";
import { type OperatorOptions, openOperator, operatorOptions } from "./operator.ts";

interface Options extends OperatorOptions {
  images: boolean;
  license?: string;
  status?: boolean;
  remove?: number[];
  json?: boolean;
}

/** Adds `pickapic admin export`. */
export function registerAdminExport(admin: Command, context: Context): void {
  const command = admin
    .command("export")
    .summary("export the dataset on the server of a running app")
    .description(
      "start an export in the background of a running app: it writes the next release into releases/ of the app's data folder, and goes on when the app is started again; old releases stay until they are removed; `pickapic dataset export` writes to this machine instead",
    )
    .option(
      "--status",
      "start nothing: say how far the running export is, and which releases there are; exit code 1 when the last export failed",
    )
    .option("--remove <releases...>", "start nothing: remove these releases with all their files; the newest one stays", releases)
    .option("--no-images", "leave the images out")
    .option("--license <id>", "Hugging Face's identifier of the licence, such as cc-by-4.0");
  operatorOptions(command, context)
    .option("--json", "print the reply as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ pickapic admin export --license cc-by-4.0\n  $ pickapic admin export --status\n  $ pickapic admin export --remove 1 2",
    )
    .action((options: Options) => exportOnServer(options, context));
}

async function exportOnServer(options: Options, context: Context): Promise<void> {
  const [{ client, token }, { Exports }] = await Promise.all([openOperator(options, context), import("@pickapic/server/api")]);
  const path = "/api/admin/exports";
  const body = { images: options.images, license: options.license ?? null };
  const removals = (options.remove ?? []).map((release) => ({ method: "DELETE" as const, path: `${path}/${release}`, token }));
  for (const removal of removals.slice(0, -1)) await client.send(removal, Exports);
  const last =
    removals.at(-1) ??
    (options.status ? { method: "GET" as const, path, token } : { method: "POST" as const, path, token, body });
  const reply = await client.send(last, Exports);
  result(context, options.json, reply, () => exportsText(reply));
  if (options.status && reply.problem !== null) throw new CliError("PICKAPIC_CLI_EXPORT_FAILED", reply.problem);
}

/** The numbers of releases that follow --remove. */
const releases = (text: string, before: number[] | undefined): number[] => [...(before ?? []), whole(1, 999_999_999)(text)];

/** Says in sentences what runs and what there is. */
function exportsText({ state, done, total, problem, unchanged, releases }: Exports): string {
  const running = total === 0 ? "An export runs." : `An export runs: ${done} of ${total} rankings are written.`;
  const ended = unchanged ? "The last export found the same data as the newest release." : "No export runs.";
  const first = state === "running" ? running : state === "failed" ? `The last export failed: ${problem}` : ended;
  const list = releases.map(
    ({ release, folder, writtenAt }) => `release ${release}, ${writtenAt.slice(0, 16).replace("T", " ")}: ${folder}`,
  );
  return [first, ...list].join("\n");
}
