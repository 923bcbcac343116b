/** @file Publishes the files of a dataset on the hub in one commit: all of them become visible, or none. */

import type { Environment } from "./cache.ts";
import { type HubClient, type HubEffects, notAHub, openClient, realEffects } from "./client.ts";
import { HubError } from "./errors.ts";
import type { HubName } from "./name.ts";

/** A file to publish. `path` is that inside the repository. */
export interface PushedFile {
  readonly path: string;
  readonly content: Blob;
}

/** How to publish. */
export interface PushOptions {
  /** HF_TOKEN, HF_TOKEN_PATH, HF_HOME, HF_ENDPOINT. Default: the environment of the process. */
  readonly env?: Environment;
  /** Who may see a repository that this creates. One that exists stays as it is. */
  readonly visibility: "private" | "public";
  /** The message of the commit. */
  readonly title: string;
  /** Whether a file of an earlier release, which is not among the new ones, is deleted in the same commit. */
  replaces(path: string): boolean;
  readonly signal?: AbortSignal;
  /** Bytes of all files together; `note` is the current file. */
  onProgress?(progress: { done: number; total: number; note: string }): void;
  readonly effects?: HubEffects;
}

/** What was published. */
export interface Pushed {
  readonly commit: string;
  /** The page of the dataset. */
  readonly url: string;
  /** Whether the repository is new. */
  readonly created: boolean;
  readonly bytes: number;
  readonly deleted: readonly string[];
}

/**
 * Creates the repository if there is none, uploads the files, and then commits all of them at once. A push that fails has changed
 * nothing that can be seen; a further push of the same files sends only those that the hub does not have yet.
 * @throws HubError PICKAPIC_HUB_DENIED without a token or with one that may not write, _BUSY, _UNREACHABLE
 */
export async function pushDataset(name: HubName, files: readonly PushedFile[], options: PushOptions): Promise<Pushed> {
  const { env = process.env, effects = realEffects, signal } = options;
  const client = await openClient(name, env, effects, signal, { kind: "dataset", pushes: true });
  if (!client.hasToken)
    throw new HubError(
      "PICKAPIC_HUB_DENIED",
      name.repository,
      "publishing needs a token that may write: set HF_TOKEN to it, or run `hf auth login`; nothing was sent",
    );
  const earlier = await filesOf(client, name);
  if (earlier === null) await createRepository(client, name, options.visibility);
  const paths = new Set(files.map(({ path }) => path));
  const deleted = (earlier ?? []).filter((path) => !paths.has(path) && options.replaces(path));
  const commit = await commitFiles(client, name, files, deleted, options);
  const bytes = files.reduce((sum, { content }) => sum + content.size, 0);
  return { commit, url: `${client.endpoint}/datasets/${name.repository}`, created: earlier === null, bytes, deleted };
}

/** The designation of the repository, and a fetch that goes through the client, as the functions of @huggingface/hub take them. */
function through(client: HubClient, { repository }: HubName) {
  const send: typeof fetch = (url, init) => client.request(String(url), init);
  return { repo: { type: "dataset", name: repository }, hubUrl: client.endpoint, fetch: send } as const;
}

/** The paths of an existing repository; null when there is none. */
async function filesOf(client: HubClient, name: HubName): Promise<string[] | null> {
  const { listFiles } = await import("@huggingface/hub");
  const paths: string[] = [];
  try {
    for await (const { type, path } of listFiles({ ...through(client, name), recursive: true }))
      if (type === "file") paths.push(path);
    return paths;
  } catch (error) {
    if (error instanceof HubError && error.code === "PICKAPIC_HUB_NOT_FOUND") return null;
    throw notAHub(error, client);
  }
}

async function createRepository(client: HubClient, name: HubName, visibility: PushOptions["visibility"]): Promise<void> {
  const { createRepo } = await import("@huggingface/hub");
  // The client sets the token; the library only wants to see one.
  await createRepo({ ...through(client, name), visibility, accessToken: "hf_of_the_client" }).catch((error: unknown) => {
    throw notAHub(error, client);
  });
}

async function commitFiles(
  client: HubClient,
  name: HubName,
  files: readonly PushedFile[],
  deleted: readonly string[],
  { title, onProgress, signal }: PushOptions,
): Promise<string> {
  const { commitIter } = await import("@huggingface/hub");
  const total = files.reduce((sum, { content }) => sum + content.size, 0);
  const sizes = new Map(files.map(({ path, content }) => [path, content.size]));
  const sent = new Map<string, number>();
  const operations = [
    ...files.map(({ path, content }) => ({ operation: "addOrUpdate" as const, path, content })),
    ...deleted.map((path) => ({ operation: "delete" as const, path })),
  ];
  // Plain uploads: the protocol of chunks would need a second service, and Parquet of one release shares few bytes with the next.
  const events = commitIter({
    ...through(client, name),
    operations,
    title,
    useXet: false,
    ...(signal && { abortSignal: signal }),
  });
  try {
    for (;;) {
      const { done, value } = await events.next();
      signal?.throwIfAborted();
      if (done) return value?.commit.oid ?? "";
      if (value.event !== "fileProgress" || value.state !== "uploading") continue;
      sent.set(value.path, value.progress * (sizes.get(value.path) ?? 0));
      onProgress?.({ done: [...sent.values()].reduce((sum, bytes) => sum + bytes, 0), total, note: value.path });
    }
  } catch (error) {
    throw notAHub(error, client);
  }
}
