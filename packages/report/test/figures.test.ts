import { expect, test } from "vitest";
import { duration } from "../src/figures.ts";

test("durations are written as people say them", () => {
  expect([0.4, 59.4, 60, 125, 3600, 4205].map(duration)).toEqual([
    "0 s",
    "59 s",
    "1 min 00 s",
    "2 min 05 s",
    "1 h 00 min",
    "1 h 10 min",
  ]);
});
