/** @file `pickapic judge key`: makes, lists and revokes the keys of a judge's callers. */
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { JSON_RESULT, whole } from "../options.ts";
import { table } from "../table.ts";

interface KeyOptions {
  keys: string;
  days?: number;
  operator?: boolean;
  json?: boolean;
}

/** Adds `pickapic judge key add | list | revoke`. */
export function registerJudgeKeys(judge: Command, context: Context): void {
  const key = judge
    .command("key")
    .description("keys of the judge's callers")
    .addHelpText("after", "\nExamples:\n  $ pickapic judge key add trainer --days 30\n  $ pickapic judge key revoke trainer");
  shared(key.command("add"))
    .description("make a key and print it, once: only its hash is stored")
    .argument("<name>", "who gets it, for the list and the metrics")
    .option("--days <n>", "days after which it expires (default: it does not)", whole(1, 36_500))
    .option("--operator", "let it also exchange the scorer (`pickapic judge swap`)", false)
    .action((name: string, options: KeyOptions) => add(name, options, context));
  shared(key.command("list"))
    .description("list the keys: names and dates")
    .action((options: KeyOptions) => list(options, context));
  shared(key.command("revoke"))
    .description("revoke a key; a running judge refuses it within a second")
    .argument("<name>", "its name")
    .action((name: string, options: KeyOptions) => revoke(name, options, context));
}

function shared(command: Command): Command {
  return command
    .option("--keys <file>", "the file of the keys; that of an app is judge-keys.json in its data folder", "judge-keys.json")
    .option(...JSON_RESULT);
}

async function add(name: string, { keys, days, operator, json }: KeyOptions, context: Context): Promise<void> {
  const { addKey } = await import("@pickapic/judge");
  const key = await addKey(keys, name, { days, operator });
  result(context, json, { name, key, days: days ?? null, operator: operator ?? false }, () => key);
  note(context, `This is the only time that the key of "${name}" is shown.`);
}

async function list({ keys, json }: KeyOptions, context: Context): Promise<void> {
  const { listKeys } = await import("@pickapic/judge");
  const found = (await listKeys(keys)).map(({ sha256: _, ...told }) => told);
  result(context, json, { keys: found }, () => {
    if (found.length === 0) return `${keys} holds no keys.`;
    const heads = ["name", "made", "expires", "may"].map((head) => ({ head }));
    const day = (time: string | null) => time?.slice(0, 10) ?? "never";
    return table(
      context.stdout,
      heads,
      found.map(({ name, createdAt, expiresAt, operator }) => [
        name,
        day(createdAt),
        day(expiresAt),
        operator ? "ask, swap" : "ask",
      ]),
    );
  });
}

async function revoke(name: string, { keys, json }: KeyOptions, context: Context): Promise<void> {
  const { revokeKey } = await import("@pickapic/judge");
  await revokeKey(keys, name);
  result(context, json, { name, revoked: true }, () => `The key "${name}" is revoked.`);
}
