/** @file `pickapic model pull`: fetches a model of the hub into the cache, and opens it to check it. */
import { basename } from "node:path";
import { openCheckpoint } from "@pickapic/clip";
import { type FetchOptions, fetchModel, type HubName, parseHubName, processorOf } from "@pickapic/hub";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { table } from "../table.ts";
import { withDownload } from "./fetch.ts";
import { weightsOf } from "./files.ts";

/** The options of `pickapic model pull`. `processor` names the model whose tokenizer and image processor are fetched instead. */
export interface PullOptions {
  processor?: string;
  json?: boolean;
}

interface Pulled {
  name: string;
  revision: string;
  /** The commit that the revision stands for now. */
  commit: string;
  folder: string;
  /** The folder of the tokenizer and preprocessor_config.json. */
  processorFolder: string;
  weights: string;
  /** Size of the weights. */
  bytes: number;
}

/**
 * Fetches a model of the hub into the cache, opens it to see that it can be used, and prints where it is.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT for what is not the name of a model on the hub
 * @throws HubError as `fetchModel` does, ClipError as `openCheckpoint` does
 */
export async function pull(name: string, { processor, json }: PullOptions, context: Context): Promise<void> {
  const hub = named(name, "ORG/NAME or ORG/NAME@REVISION");
  const { folder, processorFolder } = await withDownload(context, (options) => fetchBoth(hub, processor, options));
  // A model that cannot be used is reported now, not when it is first needed.
  const checkpoint = await openCheckpoint(folder, { processorFolder });
  const { kind, files } = await weightsOf(checkpoint);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const pulled: Pulled = {
    name: hub.repository,
    revision: hub.revision,
    commit: basename(folder),
    folder,
    processorFolder,
    weights: kind,
    bytes,
  };
  result(context, json, pulled, () => text(context, pulled));
  note(context, `Use it: pickapic score --scorer ${name} --prompt "..." pictures/`);
}

/** Fetches a model and, if it is elsewhere, its processor. What the cache has is fetched again only if its branch has moved. */
async function fetchBoth(hub: HubName, processor: string | undefined, options: FetchOptions) {
  const folder = await fetchModel(hub, { ...options, refresh: true });
  const from = processor ?? processorOf(hub);
  if (from === undefined) return { folder, processorFolder: folder };
  const other = named(from, "ORG/NAME or ORG/NAME@REVISION as --processor");
  return { folder, processorFolder: await fetchModel(other, { ...options, refresh: true, component: "processor" }) };
}

function named(name: string, expected: string): HubName {
  const hub = parseHubName(name);
  if (hub) return hub;
  throw new CliError(
    "PICKAPIC_USAGE_ARGUMENT",
    `Expected ${expected} of the hub; got "${name}": a folder on this disk needs no pull.`,
  );
}

function text(context: Context, { name, revision, commit, folder, processorFolder, weights, bytes }: Pulled): string {
  const rows = [
    ["revision", `${revision} (${commit.slice(0, 12)})`],
    ["folder", folder],
    ...(processorFolder === folder ? [] : [["processor", processorFolder]]),
    ["weights", `${weights}, ${(bytes / 1e6).toFixed(1)} MB`],
  ];
  return table(context.stdout, [{ head: name }, { head: "" }], rows);
}
