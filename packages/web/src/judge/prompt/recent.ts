/** @file The prompts of this browser, latest first, with the round that each was last judged in. A convenience: losing it loses no answer. */

export interface RecentPrompt {
  prompt: string;
  round: string;
  /** User id: somebody else's rounds cannot be opened. */
  owner: string;
}

const KEY = "pickapic.recent";
const MOST = 12;

/** The list with `added` in front and no prompt twice. */
export function withRecent(list: readonly RecentPrompt[], added: RecentPrompt): RecentPrompt[] {
  const others = list.filter((recent) => recent.prompt !== added.prompt || recent.owner !== added.owner);
  return [added, ...others].slice(0, MOST);
}

export function readRecent(owner: string, storage: Pick<Storage, "getItem"> = localStorage): RecentPrompt[] {
  return readAll(storage).filter((recent) => recent.owner === owner);
}

export function rememberRecent(added: RecentPrompt, storage: Pick<Storage, "getItem" | "setItem"> = localStorage): void {
  write(withRecent(readAll(storage), added), storage);
}

/** Takes a round off the list that cannot be gone on with. */
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
    // Full or blocked: the list is only a convenience.
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
