/** @file Which pictures are loaded, loaded again and kept, with a browser whose pictures the test decodes. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Preloader } from "../../../src/judge/round/preload.ts";

/** The addresses that were asked for, each with what settles its picture. */
let asked: { url: string; settle: PromiseWithResolvers<void> }[];
/** Whether pictures are decoded at once, fail at once, or wait for the test. */
let answer: "decoded" | "failed" | "later";

class FakeImage {
  src = "";
  decode(): Promise<void> {
    const settle = Promise.withResolvers<void>();
    asked.push({ url: this.src, settle });
    if (answer === "decoded") settle.resolve();
    if (answer === "failed") settle.reject(new Error("no network"));
    return settle.promise;
  }
}

beforeEach(() => {
  [asked, answer] = [[], "decoded"];
  vi.stubGlobal("Image", FakeImage);
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

const shown = (url: string) => ({ url, width: 64, height: 64 });
const pairOf = (left: string, right: string) => ({ id: left + right, left: shown(left), right: shown(right) });
const { signal } = new AbortController();
/** The addresses that were asked for since the last call. */
const news = () => asked.splice(0).map(({ url }) => url);

test("six pictures are kept, those that were used last", async () => {
  const preloader = new Preloader();
  for (const [left, right] of ["ab", "cd", "ef"]) await preloader.pair(pairOf(left ?? "", right ?? ""), signal);
  expect(news()).toEqual(["a", "b", "c", "d", "e", "f"]);
  await preloader.pair(pairOf("a", "b"), signal);
  expect(news(), "all six are there").toEqual([]);
  await preloader.pair(pairOf("g", "a"), signal);
  expect(news()).toEqual(["g"]);
  await preloader.pair(pairOf("d", "e"), signal);
  expect(news()).toEqual([]);
  await preloader.pair(pairOf("c", "b"), signal);
  expect(news(), "c had not been used for longest, then f").toEqual(["c"]);
});

test("only the first two of the next pictures are loaded ahead, and a failure among them is tried again by their pair", async () => {
  answer = "later";
  const preloader = new Preloader();
  preloader.ahead(["a", "b", "c"].map(shown));
  const ahead = asked.map(({ url, settle }) => ({ url, settle }));
  expect(news()).toEqual(["a", "b"]);
  ahead[0]?.settle.reject(new Error("no network"));
  ahead[1]?.settle.resolve();
  await vi.advanceTimersByTimeAsync(0);
  answer = "decoded";
  await preloader.pair(pairOf("a", "b"), signal);
  expect(news()).toEqual(["a"]);
});

test("a picture that fails late does not take away the one that was asked for anew meanwhile", async () => {
  answer = "later";
  const preloader = new Preloader();
  preloader.ahead([shown("a")]);
  for (const next of [["b", "c"], ["d", "e"], ["f", "g"], ["a"]]) preloader.ahead(next.map(shown));
  const [first] = asked;
  expect(news()).toEqual(["a", "b", "c", "d", "e", "f", "g", "a"]);
  first?.settle.reject(new Error("no network"));
  await vi.advanceTimersByTimeAsync(0);
  preloader.ahead([shown("a")]);
  expect(news()).toEqual([]);
});

test("a picture is tried four times, after pauses of half a second, two and five", async () => {
  answer = "failed";
  const preloader = new Preloader();
  const whole = preloader.pair(pairOf("a", "a"), signal).catch((error: unknown) => error);
  const times: number[] = [];
  for (let ms = 0; ms <= 9_000; ms += 100) {
    if (news().includes("a")) times.push(ms);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(times).toEqual([0, 500, 2_500, 7_500]);
  expect(await whole).toEqual(new Error("no network"));
});

test("a picture whose pair has left is not tried again", async () => {
  answer = "failed";
  const leaving = new AbortController();
  const whole = new Preloader().pair(pairOf("a", "b"), leaving.signal).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(100);
  leaving.abort(new Error("left"));
  await vi.advanceTimersByTimeAsync(9_000);
  expect(await whole).toEqual(new Error("left"));
  expect(news()).toEqual(["a", "b"]);
});
