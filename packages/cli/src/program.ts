/** @file The program `pickapic`: registers its commands, runs one, and turns its end into an exit code. */

import { failureOf } from "@pickapic/errors";
import { Command, CommanderError, Option } from "commander";
import manifest from "../package.json" with { type: "json" };
import { registerAdmin } from "./commands/admin.ts";
import { registerCompletion } from "./commands/completion.ts";
import { registerDataset } from "./commands/dataset.ts";
import { registerEvaluate } from "./commands/evaluate.ts";
import { registerGenerate } from "./commands/generate.ts";
import { registerJudge } from "./commands/judge.ts";
import { registerModel } from "./commands/model.ts";
import { registerModels } from "./commands/models.ts";
import { registerReproduce } from "./commands/reproduce.ts";
import { registerScore } from "./commands/score.ts";
import { registerServe } from "./commands/serve.ts";
import { registerSimulate } from "./commands/simulate.ts";
import { registerToy } from "./commands/toy.ts";
import { registerTrain } from "./commands/train.ts";
import { registerWorker } from "./commands/worker.ts";
import type { Context } from "./context.ts";

/** Every command, in the order of the help text. */
const COMMANDS: readonly ((program: Command, context: Context) => void)[] = [
  registerServe,
  registerWorker,
  registerAdmin,
  registerModels,
  registerGenerate,
  registerScore,
  registerJudge,
  registerDataset,
  registerTrain,
  registerEvaluate,
  registerModel,
  registerSimulate,
  registerReproduce,
  registerToy,
  registerCompletion,
];

const EXAMPLES = `
The loop in six commands:
  $ npm start                                         judge images yourself at http://localhost:3000 ...
  $ npx pickapic simulate --users 20 --answers 500    ... or let simulated people do it (in a second terminal)
  $ npx pickapic dataset export --out my-dataset --license cc-by-4.0   the choices become a dataset: Parquet, images inside
  $ npx pickapic train my-dataset --init clip-toy --out runs/mine
  $ npx pickapic evaluate scorer my-dataset --scorer runs/mine
  $ npx pickapic generate "three blue boats" --best-of 16 --scorer runs/mine --out pictures

Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C.`;

/** Returns the program with all its commands. A wrong command line is thrown as a CommanderError instead of ending the process. */
export function buildProgram(context: Context): Command {
  const program = new Command("pickapic")
    .description("Collect preferences over generated images, train PickScore on them, and pick the best pictures.")
    .version(manifest.version)
    .addOption(new Option("--verbose", "print the stack trace of an unexpected error"))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns ?? 100,
      getErrHelpWidth: () => context.stderr.columns ?? 100,
      outputError: (text, write) => write(text.replace(/^error: /, "pickapic: ")),
    })
    .addHelpText("after", EXAMPLES)
    .configureHelp({ commandDescription: (command) => asSentence(command.description()) });
  for (const register of COMMANDS) register(program, context);
  return program;
}

/**
 * Runs one command line and returns its exit code. Never throws: a failure is written to stderr.
 * @param argv the words after `pickapic`
 */
export async function run(argv: readonly string[], context: Context): Promise<number> {
  const program = buildProgram(context);
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: "user" });
    return 0;
  } catch (thrown) {
    if (context.signal.aborted) return interrupted(context);
    return thrown instanceof CommanderError ? misused(thrown) : failed(thrown, program, context);
  }
}

function interrupted(context: Context): number {
  context.stderr.write(`\nStopped.${context.goOn ? ` ${context.goOn}` : ""}\n`);
  return 130;
}

/** Returns the exit code of a wrong command line, or of --help. Commander has already printed what is to be said. */
function misused(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : 2;
}

function failed(thrown: unknown, program: Command, context: Context): number {
  const failure = failureOf(thrown);
  const verbose = program.opts<{ verbose?: boolean }>().verbose || Boolean(context.env.PICKAPIC_DEBUG);
  const goOn = failure.system && context.goOn ? ` ${context.goOn}` : "";
  context.stderr.write(`pickapic: ${failure.message}${goOn}\n`);
  if (failure.bug)
    context.stderr.write(
      "This is a mistake in pickapic, not yours. Please report it with the output of the same command and --verbose.\n",
    );
  if (verbose && thrown instanceof Error) context.stderr.write(`${thrown.stack ?? ""}\n${cause(thrown)}`);
  return failure.exitCode;
}

function cause(error: Error): string {
  return error.cause instanceof Error ? `Caused by: ${error.cause.stack ?? error.cause.message}\n` : "";
}

/** Returns the description at the head of a help text: a summary such as "count rankings" becomes a sentence. */
const asSentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
