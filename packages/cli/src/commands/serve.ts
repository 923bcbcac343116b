/** @file `pickapic serve`: serves the app. */
import { existsSync } from "node:fs";
import { flushCompileCache } from "node:module";
import type { Command } from "commander";
import { type Context, note, result, untilStopped } from "../context.ts";
import { APP_SCORER_HELP, IMAGES_HELP, MODELS_HELP, openGenerators, RANKED_HELP } from "../generators/open.ts";
import { whole } from "../options.ts";

interface ServeOptions {
  port?: number;
  host?: string;
  data?: string;
  models?: string;
  images?: string;
  ranked?: number;
  scorer?: string;
  open: boolean;
  json?: boolean;
}

/** Adds `pickapic serve`, which runs the app until it is told to stop. */
export function registerServe(program: Command, context: Context): void {
  program
    .command("serve")
    .summary("serve the app: collect choices in the browser")
    .description(
      "Serve the app with its own PostgreSQL in the data folder. Pictures come from the models of models.yaml, or from the simulated toy world without such a file. Ctrl-C stops it; everything that was answered is stored. Every setting of the server can also come from the environment (PICKAPIC_PORT and so on, see packages/server/README.md).",
    )
    .option("--port <n>", "port of the app; 0: any free one (default: PICKAPIC_PORT, else PORT, else 3000)", whole(0, 65_535))
    .option(
      "--host <address>",
      "address on which the app listens; 0.0.0.0 lets other machines in (default: PICKAPIC_HOST, else HOST, else localhost)",
    )
    .option("--data <folder>", "folder of the database and the images (default: PICKAPIC_DATA, else data)")
    .option("--models <file>", MODELS_HELP)
    .option("--images <folder>", IMAGES_HELP)
    .option("--ranked <n>", RANKED_HELP, whole(2, 100))
    .option("--scorer <name>", APP_SCORER_HELP)
    .option("--no-open", "do not open a browser")
    .option("--json", "print the address as JSON when the app is ready")
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic serve
  $ pickapic serve --models models.yaml
  $ pickapic serve --images my-pictures
  $ pickapic serve --ranked 4
  $ pickapic serve --port 8080 --data /srv/pickapic --host 0.0.0.0`,
    )
    .action((options: ServeOptions) => serve(options, context));
}

async function serve(options: ServeOptions, context: Context): Promise<void> {
  const { port, host, data, models, images, ranked, scorer, open, json } = options;
  const [{ startServer }, generators, web] = await Promise.all([
    import("@pickapic/server"),
    openGenerators(models, context, { ownThread: true, images, picks: true, ranked, scorer }),
    import("@pickapic/web"),
  ]);
  context.signal.throwIfAborted();
  const webFolder = existsSync(web.webFolder) ? web.webFolder : undefined;
  if (!webFolder)
    note(
      context,
      "The pages are not built, so only the API is served: `npm start` builds them, and takes these options too, behind `--`: npm start -- --port 8080.",
    );
  const settings = { dataFolder: data, port, host, backends: generators.backends, webFolder, judge: scorer ?? generators.scorer };
  const app = await startServer(settings, process.env, context.signal).catch(async (error: unknown) => {
    await generators.close();
    throw error;
  });
  generators.watch();
  result(context, json, { url: app.url, pid: process.pid }, () => `Pick-a-Pic is ready at ${app.url}`);
  // The compile cache is written now instead of at the end, so that even a server that is killed starts again in half the time.
  flushCompileCache();
  note(context, `${generators.origin} Stop with Ctrl-C.`);
  if (open && shouldOpen(context)) await openBrowser(app.url);
  await untilStopped(context);
  note(context, "\nStopping ...");
  await app.close();
  await generators.close();
  note(context, "Stopped. Start again with the same command: everything is kept.");
}

/** True if a person probably sits in front of this machine's screen. */
function shouldOpen({ env, stdout }: Context): boolean {
  if (env.CI || env.SSH_CONNECTION || !stdout.isTTY) return false;
  return process.platform !== "linux" || Boolean(env.DISPLAY ?? env.WAYLAND_DISPLAY);
}

async function openBrowser(url: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  const command = process.platform === "darwin" ? "open" : process.platform === "win32" ? "explorer" : "xdg-open";
  const child = spawn(command, [url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
