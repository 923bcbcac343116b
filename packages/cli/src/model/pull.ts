/** @file `pickapic model pull`: a model of the hub into the cache, checked by opening it. */
import { basename } from "node:path";
import { type FetchOptions, fetchModel, type HubName, openCheckpoint, parseHubName, processorOf } from "@pickapic/clip";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { table } from "../table.ts";
import { withDownload } from "./fetch.ts";
import { weightsOf } from "./files.ts";

export interface PullOptions {
  processor?: string;
  json?: boolean;
}

interface Pulled {
  name: string;
  revision: string;
  /** What the revision stands for now. */
  commit: string;
  folder: string;
  /** Of tokenizer and preprocessor_config.json. */
  processorFolder: string;
  weights: string;
  /** of the weights */
  bytes: number;
}

export async function pull(name: string, { processor, json }: PullOptions, context: Context): Promise<void> {
  const hub = named(name, "ORG/NAME or ORG/NAME@REVISION");
  const { folder, processorFolder } = await withDownload(context, (options) => fetchBoth(hub, processor, options));
  // Whether it can be used is said now, not when it is needed.
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

/** The model and, when it lies elsewhere, its processor; what is in the cache is fetched again only when its branch has moved. */
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
