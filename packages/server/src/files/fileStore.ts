/** @file Where pictures are stored: a folder of this machine, or a bucket of an S3 service that several machines share. */

/** A store of whole files under keys such as `images/3f/3f7a.jpg`. */
export interface FileStore {
  /** How messages name it: the path of the folder, or `s3://bucket/folder`. */
  readonly name: string;
  /** Stores a file, whole or not at all. A file that has the key is replaced. */
  put(key: string, contents: Uint8Array | string): Promise<void>;
  /** Returns a file, or null if there is none. Rejects if the store cannot be reached. */
  get(key: string): Promise<Uint8Array | null>;
  /** Deletes a file, if there is one. */
  delete(key: string): Promise<void>;
}
