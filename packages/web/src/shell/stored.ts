/** @file Choices that this browser remembers, such as the theme or whether keys answer. */
import { useSyncExternalStore } from "react";

/** A remembered choice. When storage is blocked, it lasts until the page is closed. */
export interface Stored<T> {
  get(): T;
  set(value: T): void;
  /** Calls `listener` after each change. Returns a function that unsubscribes it. */
  subscribe(listener: () => void): () => void;
}

/** How a choice is stored as text. Null stands for the default, which is not stored. */
export interface Written<T> {
  /** Reads a stored text. Null and unknown texts give the default. */
  read(text: string | null): T;
  write(value: T): string | null;
}

/** Makes a choice that is stored under `key`. It is read from storage at its first use only. */
export function stored<T>(key: string, { read, write }: Written<T>, storage: () => Storage = () => localStorage): Stored<T> {
  const listeners = new Set<() => void>();
  let value: T;
  let known = false;
  return {
    get() {
      if (!known) value = read(attempt(() => storage().getItem(key)) ?? null);
      known = true;
      return value;
    },
    set(next) {
      [value, known] = [next, true];
      const text = write(next);
      attempt(() => (text === null ? storage().removeItem(key) : storage().setItem(key, text)));
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Makes a switch, stored as "on" or "off". It is `byDefault` when nothing is stored. */
export function storedSwitch(key: string, byDefault: boolean, storage?: () => Storage): Stored<boolean> {
  const written = {
    read: (text: string | null) => (text === "on" ? true : text === "off" ? false : byDefault),
    write: (on: boolean) => (on === byDefault ? null : on ? "on" : "off"),
  };
  return stored(key, written, storage);
}

/** The current choice, and a function that changes it. Every component that uses the choice is rendered again. */
export function useStored<T>(choice: Stored<T>): [T, (value: T) => void] {
  return [useSyncExternalStore(choice.subscribe, choice.get), choice.set];
}

/** The result of `act`; undefined when it throws because the browser blocks storage. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
