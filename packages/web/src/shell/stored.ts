/** @file Choices of the person that this browser remembers: the theme, whether keys answer, which hints were read. */
import { useSyncExternalStore } from "react";

/** One remembered choice. Where storage is blocked it holds until the page is closed. */
export interface Stored<T> {
  get(): T;
  set(value: T): void;
  /** Calls back after each change; returns how to stop. */
  subscribe(listener: () => void): () => void;
}

/** How a choice is written: null is the default, which takes no room. */
export interface Written<T> {
  /** Gives the default for null and for text that it does not know. */
  read(text: string | null): T;
  write(value: T): string | null;
}

/** A choice under `key`. Reads once, at the first use. */
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

/** A choice between two, written as "off" or "on"; `byDefault` when nothing is stored. */
export function storedSwitch(key: string, byDefault: boolean, storage?: () => Storage): Stored<boolean> {
  const written = {
    read: (text: string | null) => (text === "on" ? true : text === "off" ? false : byDefault),
    write: (on: boolean) => (on === byDefault ? null : on ? "on" : "off"),
  };
  return stored(key, written, storage);
}

/** The choice as it is now, and how to change it; every component that uses it follows. */
export function useStored<T>(choice: Stored<T>): [T, (value: T) => void] {
  return [useSyncExternalStore(choice.subscribe, choice.get), choice.set];
}

/** undefined when the browser blocks storage. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
