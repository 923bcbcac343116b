/** @file `pickapic worker`: generates pictures for an app that runs elsewhere. */
import type { Command } from "commander";
import { type Context, note, result, untilStopped } from "../context.ts";
import { APP_SCORER_HELP, IMAGES_HELP, MODELS_HELP, openGenerators, RANKED_HELP } from "../generators/open.ts";
import { whole } from "../options.ts";

interface WorkerOptions {
  data?: string;
  models?: string;
  images?: string;
  ranked?: number;
  scorer?: string;
  concurrency?: number;
  json?: boolean;
}

/** Adds `pickapic worker`, which generates images for an app in another process until it is told to stop. */
export function registerWorker(program: Command, context: Context): void {
  program
    .command("worker")
    .summary("more hands for an app: generate its pictures")
    .description(
      "Generate pictures for an app that runs elsewhere on the same data folder, or on the same PostgreSQL (PICKAPIC_DATABASE_URL). Give it the same models, --ranked and --scorer as the app. Start as many as there are machines; Ctrl-C stops it, and what it was drawing is drawn by another.",
    )
    .option("--data <folder>", "the app's data folder (default: PICKAPIC_DATA, else data)")
    .option("--models <file>", MODELS_HELP)
    .option("--images <folder>", IMAGES_HELP)
    .option("--ranked <n>", RANKED_HELP, whole(2, 100))
    .option("--scorer <name>", APP_SCORER_HELP)
    .option("--concurrency <n>", "pictures at once (default: PICKAPIC_CONCURRENCY, else 2)", whole(1, 1000))
    .option("--json", "print a line of JSON when it works, and one when it has stopped")
    .addHelpText("after", "\nExample:\n  $ pickapic worker --data /srv/pickapic --concurrency 4")
    .action((options: WorkerOptions) => work(options, context));
}

async function work(options: WorkerOptions, context: Context): Promise<void> {
  const { data, models, images, ranked, scorer, concurrency, json } = options;
  const [{ runWorker }, generators] = await Promise.all([
    import("@pickapic/server"),
    openGenerators(models, context, { ownThread: true, images, picks: true, ranked, scorer }),
  ]);
  context.signal.throwIfAborted();
  const settings = { dataFolder: data, concurrency, backends: generators.backends, judge: scorer ?? generators.scorer };
  const worker = await runWorker(settings).catch(async (error: unknown) => {
    await generators.close();
    throw error;
  });
  generators.watch();
  report(context, json, "working", `Working. ${generators.origin} Stop with Ctrl-C.`);
  await untilStopped(context);
  note(context, "\nStopping ...");
  await worker.stop();
  await generators.close();
  if (json) report(context, json, "stopped", "");
}

/** Reports a change of state: as JSON on stdout with --json, otherwise as a note. */
function report(context: Context, json: boolean | undefined, state: "working" | "stopped", text: string): void {
  if (json) result(context, json, { state }, () => text);
  else note(context, text);
}
