/**
 * @file Keys of callers. A key is shown once, when it is made; the file holds only its SHA-256, which is enough because a key has 256 random
 * bits. A running judge sees a change of the file within a second.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { writeWholeFile } from "@pickapic/disk";
import { codeOf, jsonOf, refusalOf } from "@pickapic/errors";
import { z } from "zod";
import { JudgeError } from "./errors.ts";

const PREFIX = "pj_";

const schema = z.strictObject({
  format: z.literal("pickapic-judge-keys-1"),
  keys: z.array(
    z.strictObject({
      name: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      createdAt: z.iso.datetime(),
      expiresAt: z.iso.datetime().nullable(),
      operator: z.boolean().default(false),
    }),
  ),
});

/**
 * A key as it is stored: without the key itself. Times are ISO 8601 in UTC; `expiresAt` is null for a key that does not expire. An `operator` may also
 * change the judge, not only ask it.
 */
export type StoredKey = Readonly<z.infer<typeof schema>["keys"][number]>;

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u;

/**
 * Makes a key and stores its hash.
 * @param limits days after which it expires (by default never), and whether it is an operator's
 * @returns the key, which cannot be found out later
 * @throws JudgeError PICKAPIC_JUDGE_KEY_NAME for a name that is taken or no name; PICKAPIC_JUDGE_KEYS_FILE
 */
export async function addKey(
  file: string,
  name: string,
  { days = null, operator = false }: { days?: number | null; operator?: boolean } = {},
  now: Date = new Date(),
): Promise<string> {
  if (!NAME.test(name))
    throw new JudgeError(
      "PICKAPIC_JUDGE_KEY_NAME",
      name,
      "has no valid name: expected 1 to 64 letters, digits, spaces, or . _ @ -",
    );
  const keys = await listKeys(file);
  if (keys.some((key) => key.name === name))
    throw new JudgeError("PICKAPIC_JUDGE_KEY_NAME", name, "is there already: choose another name, or revoke it first");
  const key = PREFIX + randomBytes(32).toString("base64url");
  const expiresAt = days === null ? null : new Date(now.getTime() + days * 86_400_000).toISOString();
  await writeKeys(file, [...keys, { name, sha256: hashOf(key), createdAt: now.toISOString(), expiresAt, operator }]);
  return key;
}

/** Removes a key; a running judge refuses it within a second. @throws JudgeError PICKAPIC_JUDGE_KEY_NAME when there is none of this name */
export async function revokeKey(file: string, name: string): Promise<void> {
  const keys = await listKeys(file);
  const left = keys.filter((key) => key.name !== name);
  if (left.length === keys.length)
    throw new JudgeError(
      "PICKAPIC_JUDGE_KEY_NAME",
      name,
      `is not there: the names are ${keys.map((key) => key.name).join(", ") || "none"}`,
    );
  await writeKeys(file, left);
}

/** The keys of a file; none when there is no file. @throws JudgeError PICKAPIC_JUDGE_KEYS_FILE when it is damaged */
export async function listKeys(file: string): Promise<StoredKey[]> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw new JudgeError("PICKAPIC_JUDGE_KEYS_FILE", file, refusalOf(error)).because(error);
  });
  if (text === null) return [];
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data.keys;
  throw new JudgeError("PICKAPIC_JUDGE_KEYS_FILE", file, "it is damaged: restore it, or remove it and make new keys");
}

function writeKeys(file: string, keys: readonly StoredKey[]): Promise<void> {
  const content = { format: "pickapic-judge-keys-1", keys };
  return writeWholeFile(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");

/** Tells callers by their keys. */
export interface KeyRing {
  /** The number of callers' keys, expired ones included. Operators' keys are not among them: they do not make callers need one. */
  count(): Promise<number>;
  /**
   * The key in an Authorization header.
   * @throws JudgeError PICKAPIC_JUDGE_KEY_MISSING, PICKAPIC_JUDGE_KEY_UNKNOWN, PICKAPIC_JUDGE_KEY_EXPIRED
   */
  keyOf(authorization: string | undefined): Promise<Pick<StoredKey, "name" | "operator">>;
}

/** How long the file is taken to be unchanged, ms. */
const FRESH_MS = 500;

/** Opens the keys of a file, which may change or appear later. @param now the time of day, ms since 1970 */
export function openKeys(file: string, now: () => number = Date.now): KeyRing {
  let known = new Map<string, StoredKey>();
  let version = "";
  let lookedAt = Number.NEGATIVE_INFINITY;
  const keys = async () => {
    if (now() - lookedAt < FRESH_MS) return known;
    const facts = await stat(file).catch(() => null);
    const found = facts ? `${facts.mtimeMs} ${facts.size} ${facts.ino}` : "absent";
    if (found !== version) {
      known = new Map((await listKeys(file)).map((key) => [key.sha256, key]));
      version = found;
    }
    lookedAt = now();
    return known;
  };
  return {
    count: async () => [...(await keys()).values()].filter(({ operator }) => !operator).length,
    async keyOf(authorization) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
      if (token === undefined) throw new JudgeError("PICKAPIC_JUDGE_KEY_MISSING");
      const key = (await keys()).get(hashOf(token));
      if (!key) throw new JudgeError("PICKAPIC_JUDGE_KEY_UNKNOWN");
      if (key.expiresAt !== null && now() >= Date.parse(key.expiresAt))
        throw new JudgeError("PICKAPIC_JUDGE_KEY_EXPIRED", key.name, key.expiresAt.slice(0, 10));
      return key;
    },
  };
}
