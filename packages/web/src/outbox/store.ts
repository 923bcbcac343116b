/** @file Stores waiting answers in IndexedDB, and in memory when IndexedDB fails. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Entry } from "./entry.ts";

/** Where answers are stored until the server confirms them. */
export interface OutboxStore {
  all(): Promise<Entry[]>;
  /** Resolves when the entry is stored. */
  put(entry: Entry): Promise<void>;
  delete(key: string): Promise<void>;
  /** False when an entry is only in memory, so that closing the page would lose it. */
  lasting(): boolean;
}

interface Schema extends DBSchema {
  outbox: { key: string; value: Entry };
}

/** Opens the database of this browser. Where it is blocked (some private windows) answers are kept in memory instead. */
export async function openOutboxStore(name = "pickapic"): Promise<OutboxStore> {
  const database = await Promise.race([openDatabase(name).catch(() => null), giveUp()]);
  return layered(database);
}

/** Opens the database. The function is async, so that an error which a blocked database throws directly becomes a rejection as well. */
async function openDatabase(name: string): Promise<IDBPDatabase<Schema>> {
  return openDB<Schema>(name, 1, { upgrade: (database) => void database.createObjectStore("outbox", { keyPath: "key" }) });
}

/** Resolves after 2 s. Some browsers never finish opening a broken database, and the page must start without it. */
function giveUp(): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), 2_000));
}

/** A store in the database that keeps entries in memory when the database cannot write them, for example on a full disk. */
function layered(database: IDBPDatabase<Schema> | null): OutboxStore {
  const memory = new Map<string, Entry>();
  return {
    async all() {
      const kept = (await database?.getAll("outbox").catch(() => [])) ?? [];
      return [...kept.filter((entry) => !memory.has(entry.key)), ...memory.values()];
    },
    async put(entry) {
      const kept = await database?.put("outbox", entry).catch(() => undefined);
      if (kept === undefined) memory.set(entry.key, entry);
      else memory.delete(entry.key);
    },
    async delete(key) {
      memory.delete(key);
      // If this fails, the answer is sent once more with the same key, and the server gives the same reply.
      await database?.delete("outbox", key).catch(() => undefined);
    },
    lasting: () => database !== null && memory.size === 0,
  };
}
