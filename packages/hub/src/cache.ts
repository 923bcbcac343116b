/** @file The paths of the model cache that Python's huggingface_hub uses too: models--org--name/{blobs,refs,snapshots}. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type HubName, isCommit } from "./name.ts";

/** Environment variables by name, such as `process.env`; a test passes its own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** HF_HUB_CACHE, else hub/ under HF_HOME, else ~/.cache/huggingface/hub. */
export function cacheFolder(env: Environment): string {
  return expanded(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(homeFolder(env), "hub"));
}

/** The folder of huggingface_hub, which also holds the token of `hf auth login`. */
export function homeFolder(env: Environment): string {
  return expanded(env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface"));
}

/** Expands a ~ that no shell has expanded (in an .env file, or from Docker), as Python does. */
const expanded = (path: string): string => path.replace(/^~(?=$|[/\\])/, homedir);

/** The three folders that the cache has for one repository, as absolute paths where the cache's own path is absolute. */
export interface RepositoryFolders {
  /** Contents, named by checksum. */
  readonly blobs: string;
  /** The commit of each branch and tag. */
  readonly refs: string;
  /** Folders by commit, with links to blobs. */
  readonly snapshots: string;
}

/** Returns where the cache keeps a repository "org/name". None of the folders needs to exist yet. */
export function repositoryFolders(env: Environment, repository: string): RepositoryFolders {
  const folder = join(cacheFolder(env), `models--${repository.replaceAll("/", "--")}`);
  return { blobs: join(folder, "blobs"), refs: join(folder, "refs"), snapshots: join(folder, "snapshots") };
}

/** Returns the folder of a revision in the cache, or null. Files may be missing from it. */
export async function cachedSnapshot(env: Environment, { repository, revision }: HubName): Promise<string | null> {
  const { refs, snapshots } = repositoryFolders(env, repository);
  const commit = isCommit(revision) ? revision : await readFile(join(refs, revision), "utf8").catch(() => "");
  if (!isCommit(commit.trim())) return null;
  const folder = join(snapshots, commit.trim());
  return existsSync(folder) ? folder : null;
}
