/** @file The secrets of a data folder. Each is generated once, and only the owner of its file can read it. No secret has a default. */
import { randomBytes } from "node:crypto";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";

/** The files that hold a secret. */
export type SecretFile = "secret" | "admin-token" | "postgres-password";

/** Returns the secret in a file. If there is none yet, generates it from 32 random bytes. The file gets mode 0600. */
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
