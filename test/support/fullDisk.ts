/** @file A disk that fills up, for the tests of all packages. */
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";

/**
 * Lets the disk be full for files that are written whole under a name: the first `write` to the file beside it fails as on a full disk.
 * @param names of the files, without their folders
 * @returns puts the disk right again
 */
export function fillDiskFor(...names: readonly string[]): () => void {
  const { open } = fs;
  fs.open = async (path, ...rest) => {
    const isFull = names.some((name) => basename(String(path)).startsWith(`${name}.`) && String(path).endsWith(".part"));
    const handle = await open(path, ...rest);
    if (!isFull) return handle;
    handle.write = refuse;
    handle.writeFile = refuse;
    return handle;
  };
  syncBuiltinESMExports();
  return () => {
    fs.open = open;
    syncBuiltinESMExports();
  };
}

async function refuse(): Promise<never> {
  throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
}
