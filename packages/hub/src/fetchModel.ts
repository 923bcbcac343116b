/** @file Returns a model of the hub as a folder: from the cache, or downloaded into it. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pickleAmong, WEIGHTS, WEIGHTS_INDEX } from "@pickapic/clip/files";
import { writeWholeFile } from "@pickapic/disk";
import { cachedSnapshot, type Environment, repositoryFolders } from "./cache.ts";
import { type HubClient, type HubEffects, notAHub, openClient, realEffects } from "./client.ts";
import { CONVERTED, findConversion } from "./conversion.ts";
import { type DownloadOptions, downloadFile, type HubFile } from "./download.ts";
import { isOffline } from "./environment.ts";
import { HubError } from "./errors.ts";
import { type HubName, isCommit } from "./name.ts";
import { type Component, isComplete, wantedFiles } from "./wanted.ts";

/** What is fetched of a model, from where, and what the download needs from its caller. */
export interface FetchOptions {
  /**
   * HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_HUB_OFFLINE, HF_ENDPOINT, HF_HUB_DOWNLOAD_TIMEOUT. Default: the environment of the
   * process.
   */
  readonly env?: Environment;
  /** What is needed of the repository. Default "model". */
  readonly component?: Component;
  /** Whether to ask for a newer commit of a revision that is in the cache. Default false: a cached model costs no request. */
  readonly refresh?: boolean;
  readonly signal?: AbortSignal;
  /** Bytes of all files together; `note` is the current file. */
  onProgress?(progress: { done: number; total: number; note: string }): void;
  readonly effects?: HubEffects & Pick<DownloadOptions, "freeBytes" | "openFile">;
}

/**
 * Returns the folder of a model in the cache that Python's huggingface_hub uses too. Only files that a CLIP needs are downloaded;
 * a partial file is resumed, and the content is checked against its checksum.
 * @throws HubError PICKAPIC_HUB_OFFLINE, _NOT_FOUND, _DENIED, _BUSY, _UNREACHABLE, _CHECKSUM, _DISK_FULL;
 * PICKAPIC_HUB_PICKLE_REFUSED
 */
export async function fetchModel(name: HubName, options: FetchOptions = {}): Promise<string> {
  const { env = process.env, component = "model" } = options;
  const effects: NonNullable<FetchOptions["effects"]> = options.effects ?? realEffects;
  const cached = await cachedModel(env, name, component);
  if (cached.complete && (!options.refresh || isCommit(name.revision) || isOffline(env))) return cached.complete;
  if (isOffline(env)) throw offline(name, cached.partly);
  const { client, commit, files, ref } = await locate(await openClient(name, env, effects, options.signal), component);
  const wanted = wantedFiles(files, component);
  if (component === "model") checkHasWeights(name, files, wanted);
  const folder = join(repositoryFolders(env, name.repository).snapshots, commit);
  const total = wanted.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of wanted) {
    const onProgress = (done: number) => options.onProgress?.({ done: before + done, total, note: file.path });
    await downloadFile(client, commit, await withChecksum(client, commit, file), { env, onProgress, ...pick(effects) });
    before += file.size;
  }
  // Written last, so that a name in the cache never leads to a missing commit.
  if (!isCommit(ref)) await writeRef(env, name.repository, ref, commit);
  return folder;
}

/** Returns what the cache has of a model: a complete folder, or whether there are some files. */
async function cachedModel(
  env: Environment,
  name: HubName,
  component: Component,
): Promise<{ complete: string | null; partly: boolean }> {
  const folder = await cachedSnapshot(env, name);
  if (folder !== null && (await isComplete(folder, component))) return { complete: folder, partly: false };
  if (name.revision !== MAIN) return { complete: null, partly: folder !== null };
  const converted = await cachedSnapshot(env, { ...name, revision: CONVERTED });
  const complete = converted !== null && (await isComplete(converted, component)) ? converted : null;
  return { complete, partly: folder !== null };
}

const MAIN = "main";

interface Located {
  /** A client for the revision of the files. */
  readonly client: HubClient;
  readonly commit: string;
  readonly files: readonly HubFile[];
  /** The name of the commit in the cache. */
  readonly ref: string;
}

/** Finds the files of the requested revision; if its main branch has only a pickle, those of the hub's own conversion. */
async function locate(client: HubClient, component: Component): Promise<Located> {
  const asked = { client, ...(await listRepository(client)), ref: client.name.revision };
  if (component !== "model" || client.name.revision !== MAIN || pickleOnly(asked.files) === undefined) return asked;
  const revision = await findConversion(client);
  if (revision === null) return asked;
  const other = { ...client, name: { ...client.name, revision } };
  return { client: other, ...(await listRepository(other)), ref: CONVERTED };
}

/** Returns a pickle of a repository whose only weights are pickles. */
const pickleOnly = (files: readonly HubFile[]): string | undefined =>
  files.some(({ path }) => path === WEIGHTS || path === WEIGHTS_INDEX) ? undefined : pickleAmong(files.map(({ path }) => path));

const pick = ({ freeBytes, openFile }: Pick<DownloadOptions, "freeBytes" | "openFile">) => ({
  ...(freeBytes && { freeBytes }),
  ...(openFile && { openFile }),
});

/** Returns the commit of a revision, and the files in its top folder. */
async function listRepository(client: HubClient): Promise<{ commit: string; files: HubFile[] }> {
  // Loaded only for a download: a cached model starts without it.
  const { listFiles, modelInfo } = await import("@huggingface/hub");
  const { repository, revision } = client.name;
  const viaClient: typeof fetch = (url, init) => client.requestWhole(String(url), init);
  const ask = { hubUrl: client.endpoint, fetch: viaClient };
  try {
    const { sha } = await modelInfo({ ...ask, name: repository, revision, additionalFields: ["sha"] });
    if (!isCommit(sha ?? "")) throw new Error(`it names no commit for ${revision}`);
    if (isCommit(revision) && sha !== revision) throw new Error(`it names commit ${sha} for ${revision}`);
    const files: HubFile[] = [];
    for await (const { type, path, size, oid, lfs } of listFiles({ ...ask, repo: repository, revision: sha })) {
      if (type !== "file" || !isPlain(path)) continue;
      files.push({ path, size: plainSize(lfs?.size ?? size), etag: sha256Of(lfs?.oid) ?? blobName(oid, path) });
    }
    return { commit: sha, files };
  } catch (error) {
    throw notAHub(error, client);
  }
}

/** Whether a path is a plain file name, so that it cannot lead out of the snapshot. */
const isPlain = (path: string): boolean => /^[\w-][\w.-]*$/.test(path);

/** Strips the quotes of an etag. */
const bare = (etag: string | null | undefined): string => (etag ?? "").replace(/^(W\/)?"|"$/g, "");

/** Returns a sha256 in lower case, or null for anything else. */
const sha256Of = (etag: string | null | undefined): string | null =>
  /^[0-9a-f]{64}$/i.test(bare(etag)) ? bare(etag).toLowerCase() : null;

/** Returns a file name for a checksum. Lower case, because some disks do not distinguish capitals. */
function blobName(oid: string | undefined, path: string): string {
  const etag = bare(oid);
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(etag)) return etag.toLowerCase();
  // An etag of another server is no checksum of the content: two files may have the same.
  if (/^[\w-]{1,64}$/.test(etag)) return `${etag}-${path.replaceAll(".", "_")}`;
  throw new Error("a file of it has no checksum");
}

function plainSize(size: unknown): number {
  if (typeof size === "number" && Number.isSafeInteger(size) && size >= 0) return size;
  throw new Error("a file of it has no size");
}

/** Adds the sha256 of weights for which the listing has none, from the headers of the file. */
async function withChecksum(client: HubClient, commit: string, file: HubFile): Promise<HubFile> {
  if (sha256Of(file.etag) !== null || !file.path.endsWith(".safetensors")) return file;
  const url = `${client.endpoint}/${client.name.repository}/resolve/${commit}/${file.path}`;
  const { headers } = await client.request(url, { method: "HEAD", redirect: "manual" });
  const etag = sha256Of(headers.get("x-linked-etag"));
  const size = Number(headers.get("x-linked-size") ?? Number.NaN);
  return etag === null ? file : { ...file, size: Number.isSafeInteger(size) && size >= 0 ? size : file.size, etag };
}

function checkHasWeights({ repository }: HubName, files: readonly HubFile[], wanted: readonly HubFile[]): void {
  const weights = wanted.filter(({ path }) => path === WEIGHTS || path === WEIGHTS_INDEX);
  if (weights.length > 0 && files.some(({ path }) => path === "config.json")) return;
  const pickle = pickleOnly(files);
  if (pickle !== undefined)
    throw new HubError(
      "PICKAPIC_HUB_PICKLE_REFUSED",
      repository,
      pickle,
      `; there is no pull request of the hub's own converter either: name a revision with model.safetensors that you trust, such as ${repository}@refs/pr/1, or save it as model.safetensors in Python`,
    );
  throw new HubError(
    "PICKAPIC_HUB_NOT_FOUND",
    repository,
    `expected config.json and model.safetensors of a CLIP in it; it has ${files.length} other files: name a repository with a CLIP of transformers`,
  );
}

async function writeRef(env: Environment, repository: string, ref: string, commit: string): Promise<void> {
  const file = join(repositoryFolders(env, repository).refs, ref);
  const isThere = async () => (await readFile(file, "utf8").catch(() => null)) === commit;
  // A cache that has it already may be on a read-only disk.
  if (await isThere()) return;
  await writeWholeFile(file, commit);
}

function offline({ repository, revision }: HubName, partly: boolean): HubError {
  const asked = revision === MAIN ? repository : `${repository}@${revision}`;
  return new HubError("PICKAPIC_HUB_OFFLINE", repository, revision, partly, asked);
}
