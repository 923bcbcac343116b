/** @file `pickapic judge swap`: exchanges the scorer of a running judge. */
import { messageOf } from "@pickapic/errors";
import type { Command } from "commander";
import { type Context, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { SCORER_NAMES } from "../scoring/scorerOptions.ts";

interface SwapOptions {
  scorer: string;
  calibration?: string;
  url: string;
  key?: string;
  json?: boolean;
}

/** Adds `pickapic judge swap`. */
export function registerJudgeSwap(judge: Command, context: Context): void {
  judge
    .command("swap")
    .summary("exchange the scorer of a running judge")
    .description(
      "Exchange the scorer of a running judge without losing a question: the new scorer is loaded by the judge and takes over when it is ready; questions that arrived before are answered by the old one. When it cannot be loaded, the old one goes on, and this command says why. It needs an operator's key, made with `pickapic judge key add NAME --operator`.",
    )
    .requiredOption("--scorer <name>", SCORER_NAMES)
    .option("--calibration <file>", "its calibration, made by `pickapic judge calibrate` (default: none)")
    .option("--url <address>", "where the judge or the app runs", "http://localhost:3100")
    .option("--key <key>", "an operator's key (default: PICKAPIC_JUDGE_KEY)")
    .option("--json", "print the reply as JSON")
    .addHelpText("after", "\nExample:\n  $ pickapic judge swap --scorer runs/mine --calibration judge.json --key pj_...")
    .action((options: SwapOptions) => swap(options, context));
}

async function swap({ scorer, calibration: file, url, key, json }: SwapOptions, context: Context): Promise<void> {
  const { readCalibration } = await import("@pickapic/judge");
  const token = key ?? context.env.PICKAPIC_JUDGE_KEY ?? "";
  if (token === "")
    throw new CliError(
      "PICKAPIC_USAGE_ARGUMENT",
      "--key: expected an operator's key, here or in PICKAPIC_JUDGE_KEY: make one with `pickapic judge key add NAME --operator`.",
    );
  if (!URL.canParse(url))
    throw new CliError("PICKAPIC_USAGE_ARGUMENT", `--url: expected an address such as http://localhost:3100, got "${url}".`);
  const calibration = file === undefined ? null : await readCalibration(file);
  const told = await sendSwap(new URL("/api/judge/swap", url), token, { scorer, calibration }, context.signal);
  result(context, json, told, () => `The judge at ${url} judges with ${scorer} now. ${told.about}`);
}

async function sendSwap(url: URL, token: string, body: object, signal: AbortSignal): Promise<{ readonly about: string }> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const failed = (reason: string) => new CliError("PICKAPIC_CLI_JUDGE", url.origin, reason);
  const sent = { method: "POST", headers, body: JSON.stringify(body), redirect: "manual", signal } as const;
  const reply = await fetch(url, sent).catch((error: unknown) => {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw failed(`it does not answer (${messageOf(cause)}): start it with \`pickapic judge serve\`, or give --url.`);
  });
  const told = (await reply.json().catch(() => ({}))) as { about?: string; error?: { message?: string } };
  if (reply.ok && told.about !== undefined) return { ...told, about: told.about };
  throw failed(told.error?.message ?? `it answered with status ${reply.status}, which is no reply of a judge.`);
}
