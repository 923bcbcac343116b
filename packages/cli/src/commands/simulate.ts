/** @file `pickapic simulate`: lets simulated people of the toy world use a running app through its public API. */

import { shareOf, tooFew } from "@pickapic/evaluation";
import { ExperimentError } from "@pickapic/experiments/errors";
import type { CrowdOutcome } from "@pickapic/experiments/simulate";
import { duration, percent } from "@pickapic/report/figures";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { JSON_RESULT, seed, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import { findApp, URL_HELP } from "../runningApp.ts";
import { table } from "../table.ts";

interface SimulateOptions {
  url?: string;
  users: number;
  answers: number;
  concurrency?: number;
  seed: number;
  data: string;
  adminToken?: string;
  patience: number;
  log?: string;
  verify?: boolean;
  json?: boolean;
}

/** Adds `pickapic simulate`, which needs a running app and its operator's token. */
export function registerSimulate(program: Command, context: Context): void {
  program
    .command("simulate")
    .summary("toy-world people use a running app through its public API")
    .description(
      "Let toy-world people use a running app through its public API, many at once: they sign in as guests, agree, write prompts and choose. Their answers are marked as simulated in the dataset. When the app goes away they wait, and send each answer again under the same key.",
    )
    .option("--url <address>", URL_HELP)
    .option("--users <n>", "simulated people", whole(1, 100_000), 20)
    .option("--answers <n>", "answers of all together", whole(1), 500)
    .option("--concurrency <n>", "people who act at one time (default: all, at most 50)", whole(1, 1000))
    .option("--seed <n>", "same seed, same people and prompts", seed, 1)
    .option("--data <folder>", "the app's data folder, for the operator's token", context.env.PICKAPIC_DATA ?? "data")
    .option("--admin-token <token>", "the operator's token (or PICKAPIC_ADMIN_TOKEN)")
    .option("--patience <seconds>", "how long to wait for an app that went away", whole(0), 120)
    .option("--log <file>", "append each thanked answer as a line of JSON")
    .option("--verify", "afterwards, compare with what the app has stored")
    .option(...JSON_RESULT)
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic simulate --users 20 --answers 500
  $ pickapic simulate --url http://localhost:4000 --data /srv/pickapic --answers 10000 --log thanked.jsonl --verify`,
    )
    .action((options: SimulateOptions) => simulate(options, context));
}

async function simulate(options: SimulateOptions, context: Context): Promise<void> {
  const url = await findApp(options);
  const { assertRunning, simulateCrowd } = await import("@pickapic/experiments/simulate");
  const { findAdminToken } = await import("../adminToken.ts");
  const { openThankedLog } = await import("@pickapic/experiments/simulate");
  await assertRunning(url, context);
  const token = await findAdminToken(context, options);
  const log = openThankedLog(options.log);
  const view = showProgress(context, "simulating");
  let thanked = 0;
  try {
    const { users, answers, seed, concurrency = Math.min(users, 50), verify = false } = options;
    const settings = { url, users, answers, seed, concurrency, verify, token, awayTimeoutMs: 1000 * options.patience };
    const outcome = await simulateCrowd(settings, {
      ...context,
      log,
      onProgress(report) {
        thanked = report.done;
        context.goOn = `${thanked} answers were thanked and are stored. Run the command again, with another --seed, to add more.`;
        view.update(report);
      },
    });
    view.stop();
    report(context, options, outcome);
  } catch (error) {
    view.stop();
    if (thanked > 0 && !context.signal.aborted) note(context, `${thanked} answers were thanked before this:`);
    throw error;
  } finally {
    log.close();
  }
}

function report(context: Context, options: SimulateOptions, outcome: CrowdOutcome): void {
  const { users, answers, ties, rounds, retries, seconds, verified } = outcome;
  const { value: tieShare, reason } = shareOf(ties, answers, { unit: "answers" });
  const rates = { tieShare, reason, answersPerSecond: answers / seconds };
  const value = {
    simulated: true,
    seed: options.seed,
    users,
    answers,
    ties,
    ...rates,
    rounds,
    retries,
    seconds,
    ...(verified ? { verified } : {}),
  };
  result(context, options.json, value, () => text(context, outcome));
  if (verified && verified.missing + verified.twice > 0)
    throw new ExperimentError(
      "PICKAPIC_CLI_APP_REFUSED",
      `lost ${verified.missing} thanked answers and holds ${verified.twice} twice.`,
    );
}

function text(context: Context, { users, answers, ties, rounds, retries, seconds, verified }: CrowdOutcome): string {
  const rows = [
    ["simulated people", `${users}`],
    ["answers thanked", `${answers}`],
    ["ties", `${ties} (${tooFew(answers, "answers") ?? percent(ties / answers)})`],
    ["prompts", `${rounds}`],
    ["attempts repeated", `${retries}`],
    ["time", `${duration(seconds)} (${(answers / seconds).toFixed(1)} answers/s)`],
  ];
  if (verified)
    rows.push([
      "stored, as the app says",
      verified.missing + verified.twice === 0 ? "every answer, none twice" : "NOT every answer once",
    ]);
  return table(context.stdout, [{ head: "simulation" }, { head: "", align: "right" }], rows);
}
