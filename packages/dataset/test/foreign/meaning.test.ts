import fc from "fast-check";
import { expect, test } from "vitest";
import { booleanIn, integerIn, momentIn, numberIn } from "../../src/foreign/meaning.ts";

test.each([
  [7, 7n],
  [7n, 7n],
  ["7", 7n],
  ["7.0", 7n],
  [2n ** 63n - 1n, 2n ** 63n - 1n],
  [null, null],
  ["", null],
  [Number.NaN, null],
  [7.5, undefined],
  [2n ** 63n, undefined],
  ["seven", undefined],
  [2 ** 60, undefined],
  [true, undefined],
])("%s is the integer %s", (value, expected) => {
  expect(integerIn(value)).toBe(expected);
});

test.each([
  [true, true],
  [0, false],
  [1n, true],
  ["False", false],
  ["1.0", true],
  [null, null],
  ["yes", undefined],
  [2, undefined],
])("%s is the boolean %s", (value, expected) => {
  expect(booleanIn(value)).toBe(expected);
});

test.each([
  [0.5, 0.5],
  [3n, 3],
  ["1e-3", 0.001],
  [true, 1],
  [null, null],
  ["much", undefined],
])("%s is the number %s", (value, expected) => {
  expect(numberIn(value)).toBe(expected);
});

const MOMENT = 1_700_000_000_123_456_789n;
test.each([
  ["2023-11-14T22:13:20.123456789Z", MOMENT],
  ["2023-11-14 22:13:20.123456789", MOMENT],
  ["2023-11-14T23:13:20.123456789+01:00", MOMENT],
  ["2023-11-14", 1_699_920_000_000_000_000n],
  ["1700000000", 1_700_000_000_000_000_000n],
  ["last week", undefined],
  ["2023-13-01", undefined],
  [new Date("2023-11-14T22:13:20.123Z"), 1_700_000_000_123_000_000n],
  [1_700_000_000.5, 1_700_000_000_500_000_000n],
  [null, null],
])("%s is the moment %s", (value, expected) => {
  expect(momentIn(value, false)).toBe(expected);
});

test("a count since 1970 is the same moment in seconds, milliseconds, microseconds and nanoseconds", () => {
  const seconds = fc.bigInt({ min: 1_000_000_000n, max: 9_000_000_000n }); // 2001 ... 2255, as nanoseconds of 64 bits go.
  fc.assert(
    fc.property(seconds, (count) => {
      for (const digits of [0n, 3n, 6n, 9n]) expect(momentIn(count * 10n ** digits, false)).toBe(count * 1_000_000_000n);
      expect(momentIn(Number(count), false)).toBe(count * 1_000_000_000n);
    }),
  );
});

test("a time that 64 bits of nanoseconds do not hold is none", () => {
  expect(momentIn(10n ** 20n, true)).toBeUndefined();
  expect(momentIn(1_700_000_000_123_456_789n, true)).toBe(MOMENT);
});
