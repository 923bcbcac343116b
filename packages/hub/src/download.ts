/**
 * @file Downloads one file from the hub into the cache: resumes a partial one, checks the content, and only then gives it its
 * name.
 */

import { createHash, type Hash } from "node:crypto";
import { createReadStream, existsSync, readdirSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { freeBytes as freeOn, isDiskFull, isRunning } from "@pickapic/disk";
import { codeOf } from "@pickapic/errors";
import { type Environment, type RepositoryFolders, repositoryFolders } from "./cache.ts";
import { type HubClient, readInTime } from "./client.ts";
import { timeoutMs } from "./environment.ts";
import { HubError } from "./errors.ts";
import { reasonOf } from "./reason.ts";

/** A file of a repository as the hub lists it. `path` is that inside the repository. */
export interface HubFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Name of its blob: sha256 for large files, git's checksum for small ones. The content is checked against it; any other name is
   * not checked.
   */
  readonly etag: string;
}

/** Where a download writes, and what it needs from its caller. The effects default to the real disk. */
export interface DownloadOptions {
  readonly env: Environment;
  /** How the user has it written to another disk, such as the default "set HF_HOME to a folder". */
  readonly elsewhere?: string;
  /** Called with the bytes of this file so far. */
  onProgress(done: number): void;
  /** Returns the free bytes on the disk of a folder. */
  freeBytes?(folder: string): Promise<number>;
  /** Opens the partial file for appending. */
  openFile?(path: string): Promise<Pick<FileHandle, "write" | "close" | "sync">>;
}

const CACHE_ELSEWHERE = "set HF_HOME to a folder";

/** Downloads a file of a commit unless it is in the cache. Returns its path in the snapshot. */
export async function downloadFile(client: HubClient, commit: string, file: HubFile, options: DownloadOptions): Promise<string> {
  const folders = repositoryFolders(options.env, client.name.repository);
  const pointer = join(folders.snapshots, commit, file.path);
  const blob = join(folders.blobs, file.etag);
  if (!existsSync(pointer)) {
    await inTurn(blob, () => fetchBlob(client, commit, file, folders, options));
    await link(blob, pointer);
  }
  options.onProgress(file.size);
  return pointer;
}

/** The downloads that run in this process, by the path of their blob. */
const underWay = new Map<string, Promise<void>>();

/**
 * Creates a missing blob. A second call in this process waits for the first, because both would write to one partial file; if the
 * first fails, it resumes.
 */
async function inTurn(blob: string, make: () => Promise<void>): Promise<void> {
  for (let other = underWay.get(blob); other; other = underWay.get(blob)) await other.catch(() => {});
  if (existsSync(blob)) return;
  const made = make().finally(() => underWay.delete(blob));
  underWay.set(blob, made);
  await made;
}

async function fetchBlob(
  client: HubClient,
  commit: string,
  file: HubFile,
  folders: RepositoryFolders,
  options: DownloadOptions,
): Promise<void> {
  await mkdir(folders.blobs, { recursive: true });
  const blob = join(folders.blobs, file.etag);
  const partial = await claimPartial(blob);
  try {
    const url = `${client.endpoint}/${client.name.repository}/resolve/${commit}/${file.path}`;
    await fill(client, url, file, partial, options);
    await rename(partial, blob);
  } catch (error) {
    // Left under the name from which any program, Python's too, can resume.
    await rename(partial, `${blob}.incomplete`).catch(() => {});
    if (isDiskFull(error)) throw diskFull(file, dirname(blob), file.size, options).because(error);
    throw error;
  }
}

/**
 * Takes over what an earlier download left, by renaming it to a name with this process id, so that two processes never write to
 * one file. Partial files of ended processes may be taken.
 */
async function claimPartial(blob: string): Promise<string> {
  const own = `${blob}.${process.pid}.part`;
  const left = readdirSync(dirname(blob)).filter((name) => name.startsWith(`${basename(blob)}.`));
  const orphans = left.filter((name) => name.endsWith(".incomplete") || isOrphaned(name));
  for (const name of orphans) await rename(join(dirname(blob), name), own).catch(() => {});
  return own;
}

/** Two downloads of one blob never run at once in a process, so a file with this process id is a leftover. */
function isOrphaned(name: string): boolean {
  const pid = Number(/\.(\d+)\.part$/.exec(name)?.[1]);
  return pid === process.pid || !isRunning(pid);
}

/**
 * Fills a partial file until it is whole and has the checksum that the hub lists; resumes what is in it.
 * @throws HubError PICKAPIC_HUB_CHECKSUM, _DISK_FULL and those of `HubClient.request`
 */
export async function fill(
  client: HubClient,
  url: string,
  file: HubFile,
  partial: string,
  options: DownloadOptions,
): Promise<void> {
  for (let attempt = 0, most = 0, fresh = false; ; ) {
    const have = await startOfPartial(partial, file.size);
    await checkSpace(file, dirname(partial), file.size - have, options);
    // A file that is complete already is only checked.
    const broke = have < file.size || file.size === 0 ? await append(client, url, file, partial, have, options) : null;
    const size = await sizeOf(partial);
    if (size < file.size) {
      // Progress resets the count: only attempts that bring no new bytes are counted.
      attempt = size > Math.max(have, most) ? 0 : attempt + 1;
      most = Math.max(have, most, size);
      await client.again(attempt, broke ?? `${file.path} ended after ${size} of ${file.size} bytes`);
      continue;
    }
    const fault = size > file.size ? `more than the ${file.size} bytes that the hub lists` : await wrongChecksum(partial, file);
    if (fault === null) return;
    await rm(partial, { force: true });
    // What was there before may have been damaged. It starts once more from the beginning; if that fails too, the fault is the
    // hub's.
    if (fresh || have === 0) throw notAsAnnounced(file, client.name.repository, fault);
    fresh = true;
    most = 0;
  }
}

/** Bytes from which to resume; a partial file longer than the file counts as none. */
async function startOfPartial(partial: string, size: number): Promise<number> {
  const found = await sizeOf(partial);
  if (found <= size) return found;
  await rm(partial);
  return 0;
}

const sizeOf = async (partial: string): Promise<number> => (await stat(partial).catch(() => null))?.size ?? 0;

/** Appends what arrives. Returns the reason when it broke off. */
async function append(
  client: HubClient,
  url: string,
  file: HubFile,
  partial: string,
  have: number,
  options: DownloadOptions,
): Promise<string | null> {
  const response = await client.request(url, have > 0 ? { headers: { range: `bytes=${have}-` } } : {});
  const from = response.status === 206 ? have : 0;
  // 200: the server does not support ranges; 416: the partial file is not of this file. Both start over.
  if (from === 0) await rm(partial, { force: true });
  if (response.status === 416) {
    await response.body?.cancel();
    return "its half file did not fit";
  }
  const handle = await (options.openFile ?? ((path: string) => open(path, "a")))(partial);
  try {
    return await pour(response, handle, from, file, client, options);
  } finally {
    await handle.close();
  }
}

async function pour(
  response: Response,
  handle: Pick<FileHandle, "write" | "sync">,
  from: number,
  file: HubFile,
  client: HubClient,
  options: DownloadOptions,
): Promise<string | null> {
  let done = from;
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const chunk = await readInTime(reader, timeoutMs(options.env), client.signal);
      if (chunk === null) break;
      await writeFully(handle, chunk);
      done += chunk.length;
      options.onProgress(Math.min(done, file.size));
      // A download that exceeds its size stops at once, because the rest would only fill the disk.
      if (done > file.size) break;
    }
  } catch (error) {
    client.signal?.throwIfAborted();
    const code = codeOf(error);
    if (code !== undefined && LOCAL.has(code)) throw error;
    return reasonOf(error);
  } finally {
    await reader?.cancel().catch(() => {});
  }
  await handle.sync();
  return null;
}

/** Errors of the disk, which another request would not cure. */
const LOCAL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EIO", "EACCES", "EROFS", "EFBIG"]);

/** One call of `write` may take only some of the bytes. */
async function writeFully(handle: Pick<FileHandle, "write">, chunk: Uint8Array): Promise<void> {
  for (let start = 0; start < chunk.length; ) start += (await handle.write(chunk, start, chunk.length - start)).bytesWritten;
}

async function checkSpace(file: HubFile, folder: string, needed: number, options: DownloadOptions): Promise<void> {
  const { freeBytes = freeOn } = options;
  if ((await freeBytes(folder)) < needed) throw diskFull(file, folder, needed, options);
}

function diskFull(file: HubFile, folder: string, needed: number, { elsewhere = CACHE_ELSEWHERE }: DownloadOptions): HubError {
  return new HubError("PICKAPIC_HUB_DISK_FULL", file.path, folder, Math.ceil(needed / 1e6), elsewhere);
}

/** Says which checksum a partial file has and which it should have; null when they are equal, or none is known. */
async function wrongChecksum(partial: string, { etag, size }: HubFile): Promise<string | null> {
  const kind = { 40: "git's sha1", 64: "sha256" }[/^[0-9a-f]+$/.test(etag) ? etag.length : 0];
  if (kind === undefined) return null;
  // git hashes a heading with the length before the content.
  const hash: Hash = etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  for await (const chunk of createReadStream(partial, { highWaterMark: 1 << 20 })) hash.update(chunk);
  const came = hash.digest("hex");
  return came === etag ? null : `${kind} ${came}, expected ${etag}`;
}

function notAsAnnounced(file: HubFile, repository: string, came: string): HubError {
  return new HubError("PICKAPIC_HUB_CHECKSUM", repository, file.path, came);
}

/** Makes a relative link, as huggingface_hub does, so that the cache can be moved. */
async function link(blob: string, pointer: string): Promise<void> {
  // Another call may have made the link in the meantime, and a reader may be using it.
  if (existsSync(pointer)) return;
  await mkdir(dirname(pointer), { recursive: true });
  await rm(pointer, { force: true });
  await symlink(relative(dirname(pointer), blob), pointer).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}
