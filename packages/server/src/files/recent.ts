/** @file The files that were stored or read last, in memory, so that a page that shows a new picture does not wait for the disk. */

/** Bytes of pictures that a server has in memory: several hundred pictures, so that those that pages load next are among them. */
export const RECENT_BYTES = 32 * 1024 * 1024;

/** A bounded cache of files by the hash of their content. A hash always names the same bytes, so an entry is never out of date. */
export class RecentFiles {
  /** Oldest use first, as a Map iterates in the order of insertion. */
  readonly #files = new Map<string, Uint8Array>();
  readonly #mostBytes: number;
  #bytes = 0;

  /** @param mostBytes the bytes of all files in the cache together, at most */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Returns the file, which then counts as the one used last, or undefined if the cache does not hold it. */
  get(hash: string): Uint8Array | undefined {
    const bytes = this.#files.get(hash);
    if (bytes !== undefined) this.add(hash, bytes);
    return bytes;
  }

  /** Adds a file and drops those that were not used for the longest time until the rest fits. A file larger than the cache is not added. */
  add(hash: string, bytes: Uint8Array): void {
    this.delete(hash);
    if (bytes.length > this.#mostBytes) return;
    this.#files.set(hash, bytes);
    this.#bytes += bytes.length;
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= this.#mostBytes) return;
      this.delete(oldest);
    }
  }

  /** Drops a file, if the cache holds it. */
  delete(hash: string): void {
    this.#bytes -= this.#files.get(hash)?.length ?? 0;
    this.#files.delete(hash);
  }
}
