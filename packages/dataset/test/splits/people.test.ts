import fc from "fast-check";
import { expect, test } from "vitest";
import { groupOf } from "../../src/splits/groups.ts";
import { promptsOfPeople } from "../../src/splits/people.ts";

// Ids that share their low or their high half, so that neither half tells them apart.
const ids = fc.constantFrom(1n, 2n, 2n ** 32n + 1n, 2n ** 32n + 2n, -1n, 2n ** 63n - 1n, -(2n ** 63n));
const rankings = fc.array(fc.record({ prompt: fc.nat(9), person: ids }), { maxLength: 60 });

test("people are numbered as they first come, each with their different prompts in the order of the rankings", () => {
  fc.assert(
    fc.property(rankings, (of) => {
      const found = promptsOfPeople(
        Int32Array.from(of, ({ prompt }) => prompt),
        BigInt64Array.from(of, ({ person }) => person),
        10,
      );
      const expected = Map.groupBy(of, ({ person }) => person);
      expect(found.size).toBe(expected.size);
      const order = [...expected.keys()];
      expect([...found.codes]).toEqual(of.map(({ person }) => order.indexOf(person)));
      for (const [code, theirs] of [...expected.values()].entries())
        expect([...groupOf(found.prompts, code)]).toEqual([...new Set(theirs.map(({ prompt }) => prompt))]);
    }),
  );
});

test("many people whose ids differ in one half only are all told apart", () => {
  for (const step of [1n, 2n ** 32n]) {
    const people = BigInt64Array.from({ length: 1000 }, (_, i) => BigInt(i) * step);
    const found = promptsOfPeople(new Int32Array(1000), people, 1);
    expect([found.size, [...found.codes]]).toEqual([1000, Array.from(people.keys())]);
  }
});
