/** @file Secrets of a data folder: generated once, readable by their owner only. No secret has a default. */
import { randomBytes } from "node:crypto";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";

export type SecretFile = "secret" | "admin-token" | "postgres-password";

/** The secret in that file; made of 32 random bytes, with mode 0600, when there is none yet. */
export async function secretIn(folder: string, file: SecretFile): Promise<string> {
  const path = join(folder, file);
  const found = (await readFile(path, "utf8").catch(() => "")).trim();
  if (found !== "") {
    await chmod(path, 0o600);
    return found;
  }
  const made = randomBytes(32).toString("base64url");
  await writeWholeFile(path, `${made}\n`, { mode: 0o600 });
  return made;
}
