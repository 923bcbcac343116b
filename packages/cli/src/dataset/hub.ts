/** @file `pickapic dataset push` and `pickapic dataset pull`: datasets on the Hugging Face hub. */
import type { HubName } from "@pickapic/hub";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { JSON_RESULT } from "../options.ts";
import { showProgress } from "../progress.ts";
import { type JsonOption, size } from "./report.ts";

interface PushOptions extends JsonOption {
  license?: string;
  public?: boolean;
}

/** Adds `pickapic dataset push` and `pickapic dataset pull`. */
export function registerHub(dataset: Command, context: Context): void {
  dataset
    .command("push")
    .description("publish a dataset on the Hugging Face hub, in one commit: all of it becomes visible, or nothing")
    .argument("<dataset>", "dataset folder")
    .argument("<name>", "ORG/NAME on the hub; a repository that is not there is created")
    .option("--public", "let everybody see the repository that is created; without it, it is private")
    .option("--license <id>", "the licence, if the dataset names none or another one is meant")
    .option(...JSON_RESULT)
    .addHelpText(
      "after",
      `
The token is that of HF_TOKEN, else the one that \`hf auth login\` has stored; it must be allowed to write. Checksums, rows and splits are checked first; a dataset that is not valid is not sent.
If the connection breaks, nothing can be seen yet, and the same command goes on: files that the hub has already are not sent again.

Examples:
  $ pickapic dataset push my-dataset my-org/preferences --license cc-by-4.0
  $ pickapic dataset push my-dataset my-org/preferences --public`,
    )
    .action((folder: string, name: string, options: PushOptions) => push(folder, name, options, context));
  dataset
    .command("pull")
    .description("fetch a dataset of the Hugging Face hub into a folder, each file checked against its checksum")
    .argument("<name>", "ORG/NAME or ORG/NAME@REVISION on the hub")
    .argument("<folder>", "a new folder")
    .option(...JSON_RESULT)
    .addHelpText(
      "after",
      `
If the connection breaks, what has been fetched stays in a folder beside, and the same command goes on with it. A dataset of another shape is made one of ours
with \`pickapic dataset import\`.

Example:
  $ pickapic dataset pull my-org/preferences preferences`,
    )
    .action((name: string, folder: string, options: JsonOption) => pull(name, folder, options, context));
}

async function push(folder: string, name: string, options: PushOptions, context: Context): Promise<void> {
  const [{ pushDataset }, { publishable, isOfRelease }] = await Promise.all([import("@pickapic/hub"), import("@pickapic/dataset")]);
  const hub = await named(name, "ORG/NAME");
  if (hub.revision !== "main") throw new CliError("PICKAPIC_USAGE_ARGUMENT", `Expected ORG/NAME; got "${name}": a push goes to main.`);
  const { files, license } = await publishable(folder, options.license);
  const view = showProgress(context, "uploading");
  context.goOn = "Nothing of it can be seen on the hub: the same command goes on, without sending again what is there.";
  try {
    const pushed = await pushDataset(hub, files, {
      ...{ env: context.env, signal: context.signal, title: `Release of ${new Date().toISOString().slice(0, 10)}` },
      visibility: options.public ? "public" : "private",
      replaces: isOfRelease,
      onProgress: ({ done, total, note: file }) => view.update({ done: megabytes(done), total: megabytes(total), unit: "MB", note: file }),
    });
    view.stop();
    const told = { name: hub.repository, license, files: files.length, ...pushed };
    result(context, options.json, told, () => `${files.length} files, ${size(pushed.bytes)}, are on the hub as ${pushed.url} (licence ${license}).`);
    if (pushed.created && !options.public) note(context, "The repository is private: its page on the hub has a setting for that.");
    if (!pushed.created && options.public) note(context, "The repository was there already: who may see it has not been changed.");
  } finally {
    view.stop();
    context.goOn = context.signal.aborted ? context.goOn : "";
  }
} // biome-ignore format: one call after the other

async function pull(name: string, folder: string, { json }: JsonOption, context: Context): Promise<void> {
  const { pullDataset } = await import("@pickapic/hub");
  const hub = await named(name, "ORG/NAME or ORG/NAME@REVISION");
  const view = showProgress(context, "fetching");
  context.goOn = "What has been fetched is kept: the same command goes on with it.";
  try {
    const pulled = await pullDataset(hub, folder, {
      ...{ env: context.env, signal: context.signal },
      onProgress: ({ done, total, note: file }) => view.update({ done: megabytes(done), total: megabytes(total), unit: "MB", note: file }),
    });
    view.stop();
    const told = { name: hub.repository, revision: hub.revision, folder, ...pulled };
    result(context, json, told, () => `${pulled.files} files, ${size(pulled.bytes)}, of ${hub.repository} (${pulled.commit.slice(0, 12)}) are in ${folder}.`);
    if (!(await isOurs(folder))) note(context, `It is not a dataset of ours yet: pickapic dataset import ${folder} my-dataset`);
  } finally {
    view.stop();
    context.goOn = context.signal.aborted ? context.goOn : "";
  }
} // biome-ignore format: one call after the other

async function isOurs(folder: string): Promise<boolean> {
  const { openDataset } = await import("@pickapic/dataset");
  return openDataset(folder).then(
    () => true,
    () => false,
  );
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

async function named(name: string, expected: string): Promise<HubName> {
  const { parseHubName } = await import("@pickapic/hub");
  const hub = parseHubName(name);
  if (hub) return hub;
  throw new CliError("PICKAPIC_USAGE_ARGUMENT", `Expected ${expected} of the hub; got "${name}".`);
}
