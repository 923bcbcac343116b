/** @file The cache of models that Python's huggingface_hub shares: models--org--name/{blobs,refs,snapshots}. Where things are, and nothing else. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type HubName, isCommit } from "./name.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** HF_HUB_CACHE, else hub/ under HF_HOME, else ~/.cache/huggingface/hub. */
export function cacheFolder(env: Environment): string {
  return expanded(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(homeFolder(env), "hub"));
}

/** Where huggingface_hub keeps its things, the token of `hf auth login` among them. */
export function homeFolder(env: Environment): string {
  return expanded(env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface"));
}

/** A ~ that no shell has seen (in an .env file, or of Docker) is the home folder to Python too. */
const expanded = (path: string): string => path.replace(/^~(?=$|[/\\])/, homedir);

export interface RepositoryFolders {
  /** Contents by checksum. */
  readonly blobs: string;
  /** The commit of each branch and tag. */
  readonly refs: string;
  /** Folders by commit, of links to blobs. */
  readonly snapshots: string;
}

export function repositoryFolders(env: Environment, repository: string): RepositoryFolders {
  const folder = join(cacheFolder(env), `models--${repository.replaceAll("/", "--")}`);
  return { blobs: join(folder, "blobs"), refs: join(folder, "refs"), snapshots: join(folder, "snapshots") };
}

/** The folder of a revision that is in the cache, or null. It may lack files. */
export async function cachedSnapshot(env: Environment, { repository, revision }: HubName): Promise<string | null> {
  const { refs, snapshots } = repositoryFolders(env, repository);
  const commit = isCommit(revision) ? revision : await readFile(join(refs, revision), "utf8").catch(() => "");
  if (!isCommit(commit.trim())) return null;
  const folder = join(snapshots, commit.trim());
  return existsSync(folder) ? folder : null;
}
