import { expect, test } from "vitest";
import { stored, storedSwitch } from "../../src/shell/stored.ts";

/** A storage that a test can look into, or one that refuses everything. */
function storageOf(kept: Map<string, string>): () => Storage {
  return () =>
    ({
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    }) as Storage;
}
const blocked = (): Storage => {
  throw new Error("blocked");
};

test("a switch is remembered, and its default takes no room", () => {
  const kept = new Map<string, string>();
  const first = storedSwitch("keys", true, storageOf(kept));
  expect(first.get()).toBe(true);
  first.set(false);
  expect([...kept]).toEqual([["keys", "off"]]);
  expect(storedSwitch("keys", true, storageOf(kept)).get()).toBe(false);
  first.set(true);
  expect([...kept]).toEqual([]);
  kept.set("other", "on");
  expect(storedSwitch("other", false, storageOf(kept)).get()).toBe(true);
});

test("text that is not known is the default", () => {
  expect(storedSwitch("keys", true, storageOf(new Map([["keys", "maybe"]]))).get()).toBe(true);
});

test("everybody who asked hears of a change, until they stop", () => {
  const choice = stored("n", { read: Number, write: String }, storageOf(new Map([["n", "1"]])));
  let heard = 0;
  const stop = choice.subscribe(() => heard++);
  choice.set(2);
  stop();
  choice.set(3);
  expect([choice.get(), heard]).toEqual([3, 1]);
});

test("where storage is blocked a choice holds until the page is closed", () => {
  const choice = storedSwitch("keys", true, blocked);
  expect(choice.get()).toBe(true);
  choice.set(false);
  expect(choice.get()).toBe(false);
});
