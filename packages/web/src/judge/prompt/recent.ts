/** @file Remembers the latest prompts in this browser, each with its last round. It is only a convenience: no answer depends on it. */

export interface RecentPrompt {
  prompt: string;
  round: string;
  /** User id of the person whose round it is; no other person can open it. */
  owner: string;
}

const KEY = "pickapic.recent";
const MOST = 12;

/** The list with `added` in front and no prompt twice. */
export function withRecent(list: readonly RecentPrompt[], added: RecentPrompt): RecentPrompt[] {
  const others = list.filter((recent) => recent.prompt !== added.prompt || recent.owner !== added.owner);
  return [added, ...others].slice(0, MOST);
}

/** The recent prompts of a user, latest first; empty when storage is blocked. */
export function readRecent(owner: string, storage: Pick<Storage, "getItem"> = localStorage): RecentPrompt[] {
  return readAll(storage).filter((recent) => recent.owner === owner);
}

/** Puts a prompt in front of the list. */
export function rememberRecent(added: RecentPrompt, storage: Pick<Storage, "getItem" | "setItem"> = localStorage): void {
  write(withRecent(readAll(storage), added), storage);
}

/** Removes a round that can no longer be continued from the list. */
export function forgetRecent(round: string, storage: Pick<Storage, "getItem" | "setItem"> = localStorage): void {
  write(
    readAll(storage).filter((recent) => recent.round !== round),
    storage,
  );
}

function write(list: readonly RecentPrompt[], storage: Pick<Storage, "setItem">): void {
  try {
    storage.setItem(KEY, JSON.stringify(list));
  } catch {
    // Storage is full or blocked. The list is only a convenience, so the error is ignored.
  }
}

function readAll(storage: Pick<Storage, "getItem">): RecentPrompt[] {
  try {
    const list: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(list) ? list.filter(isRecent) : [];
  } catch {
    return [];
  }
}

function isRecent(value: unknown): value is RecentPrompt {
  const recent = value as Partial<RecentPrompt> | null;
  return typeof recent?.prompt === "string" && typeof recent.round === "string" && typeof recent.owner === "string";
}
