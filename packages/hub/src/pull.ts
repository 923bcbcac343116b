/** @file Fetches a dataset of the hub into a folder, which is whole or absent; what a broken pull has fetched is used by the next. */

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import type { Environment } from "./cache.ts";
import { type HubClient, type HubEffects, notAHub, openClient, realEffects } from "./client.ts";
import { type DownloadOptions, fill, type HubFile } from "./download.ts";
import { HubError } from "./errors.ts";
import { type HubName, isCommit } from "./name.ts";

/** What a download needs from its caller. */
export interface PullOptions {
  /** HF_TOKEN, HF_TOKEN_PATH, HF_HOME, HF_ENDPOINT. Default: the environment of the process. */
  readonly env?: Environment;
  readonly signal?: AbortSignal;
  /** Bytes of all files together; `note` is the current file. */
  onProgress?(progress: { done: number; total: number; note: string }): void;
  readonly effects?: HubEffects & Pick<DownloadOptions, "freeBytes" | "openFile">;
}

/** What was fetched. */
export interface Pulled {
  readonly commit: string;
  readonly files: number;
  readonly bytes: number;
}

/** The file in the folder of a broken pull that says which commit is in it. */
const COMMIT_FILE = ".commit";

/**
 * Downloads every file of a dataset, each checked against its checksum, and then renames the folder to `folder`, which must not
 * hold anything. Until then they are in `folder`.pulling, from which a further pull of the same commit goes on.
 * @throws HubError PICKAPIC_HUB_NOT_FOUND, _DENIED, _BUSY, _UNREACHABLE, _CHECKSUM, _DISK_FULL; FOLDER_TAKEN
 */
export async function pullDataset(name: HubName, folder: string, options: PullOptions = {}): Promise<Pulled> {
  const { env = process.env, signal } = options;
  const effects: NonNullable<PullOptions["effects"]> = options.effects ?? realEffects;
  await checkEmpty(folder);
  const client = await openClient(name, env, effects, signal, { kind: "dataset", pushes: false });
  const { commit, files } = await listDataset(client, name);
  const staging = `${folder}.pulling`;
  await prepare(staging, commit);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of files) {
    const done = before;
    const target = join(staging, file.path);
    const onProgress = (bytes: number) => options.onProgress?.({ done: done + bytes, total, note: file.path });
    await mkdir(dirname(target), { recursive: true });
    const url = `${client.endpoint}/datasets/${name.repository}/resolve/${commit}/${file.path.split("/").map(encodeURIComponent).join("/")}`;
    if (!existsSync(target)) {
      await fill(client, url, file, `${target}.part`, { ...effects, env, onProgress, elsewhere: "give a folder" });
      await rename(`${target}.part`, target);
    }
    before += file.size;
    onProgress(file.size);
  }
  await rm(join(staging, COMMIT_FILE));
  await rm(folder, { recursive: true, force: true }); // It is empty, or not there.
  await rename(staging, folder);
  return { commit, files: files.length, bytes: total };
}

async function checkEmpty(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found || (found.isDirectory() && (await readdir(folder)).length === 0)) return;
  throw new HubError("PICKAPIC_HUB_FOLDER_TAKEN", folder);
}

/** Keeps the files that an earlier pull of the same commit left, and removes those of another commit. */
async function prepare(staging: string, commit: string): Promise<void> {
  const mark = join(staging, COMMIT_FILE);
  if ((await readFile(mark, "utf8").catch(() => "")) === commit) return;
  await rm(staging, { recursive: true, force: true });
  await writeWholeFile(mark, commit);
}

/** The commit of the revision, and its files. */
async function listDataset(client: HubClient, { repository, revision }: HubName): Promise<{ commit: string; files: HubFile[] }> {
  const { datasetInfo, listFiles } = await import("@huggingface/hub");
  const send: typeof fetch = (url, init) => client.requestWhole(String(url), init);
  const ask = { hubUrl: client.endpoint, fetch: send };
  try {
    const { sha } = await datasetInfo({ ...ask, name: repository, revision, additionalFields: ["sha"] });
    if (!isCommit(sha ?? "")) throw new Error(`it names no commit for ${revision}`);
    const files: HubFile[] = [];
    const listed = listFiles({ ...ask, repo: { type: "dataset", name: repository }, revision: sha, recursive: true });
    for await (const { type, path, size, oid, lfs } of listed) {
      if (type !== "file" || path === ".gitattributes") continue;
      if (!isInside(path)) throw new Error(`it lists a file called ${JSON.stringify(path)}`);
      files.push({ path, size: lfs?.size ?? size, etag: lfs?.oid ?? oid ?? "" });
    }
    return { commit: sha, files };
  } catch (error) {
    throw notAHub(error, client);
  }
}

/** Whether a path stays inside the folder that it is written to, on any system. */
function isInside(path: string): boolean {
  return path.split("/").every((part) => /^[^\\:*?"<>|\p{Cc}]+$/u.test(part) && !/^\.+$/.test(part));
}
