/** @file Lets a process end while it writes a file, for tests of what it leaves behind. */
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";

/**
 * Calls `die` when a file that is written whole under a name has got half of its first bytes. Nothing is written after that.
 * @param name of the file, without its folder
 */
export function killAtFile(name: string, die: () => void): void {
  const { open } = fs;
  fs.open = async (path, ...rest) => {
    const handle = await open(path, ...rest);
    if (!basename(String(path)).startsWith(`${name}.`) || !String(path).endsWith(".part")) return handle;
    const { write } = handle;
    const half = async (bytes: Uint8Array) => {
      await Reflect.apply(write, handle, [bytes, 0, Math.ceil(bytes.length / 2)]);
      die();
      return new Promise<never>(() => {});
    };
    return Object.assign(handle, { write: half, writeFile: half });
  };
  syncBuiltinESMExports();
}
