import fc from "fast-check";
import { expect, test } from "vitest";
import { Families } from "../../src/splits/families.ts";
import { groupOf, groupsOf } from "../../src/splits/groups.ts";
import { promptsOfPeople } from "../../src/splits/people.ts";

test("numbers are gathered by their groups, in ascending order within each", () => {
  const groups = groupsOf(Int32Array.of(2, 0, 2, 1), 4);
  expect(groups).toEqual({ starts: Int32Array.of(0, 1, 2, 4, 4), members: Int32Array.of(1, 3, 0, 2) });
  expect([0, 1, 2, 3].map((group) => [...groupOf(groups, group)])).toEqual([[1], [3], [0, 2], []]);
  expect(groupsOf(new Int32Array(0), 0)).toEqual({ starts: Int32Array.of(0), members: new Int32Array(0) });
});

test("people are numbered as they first come, and each prompt of a person is told once", () => {
  const rankings = fc.array(fc.record({ prompt: fc.nat(5), person: fc.constantFrom(0n, 1n, -1n, 1n << 32n, 5n << 32n, 7n) }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(rankings, (of) => {
      const prompts = Int32Array.from(of, ({ prompt }) => prompt);
      const people = BigInt64Array.from(of, ({ person }) => person);
      const found = promptsOfPeople(prompts, people, 6);
      const ids = [...new Set(people)];
      expect([found.size, [...found.codes]]).toEqual([ids.length, of.map(({ person }) => ids.indexOf(person))]);
      const expected = ids.map((id) => [...new Set(of.flatMap(({ person, prompt }) => (person === id ? [prompt] : [])))]);
      expect(ids.map((_, person) => [...groupOf(found.prompts, person)])).toEqual(expected);
      expect(found.prompts.members).toHaveLength(expected.flat().length);
    }),
  );
});

test("families that are joined are told by their smallest member, whatever the order", () => {
  const joins = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 12 });
  fc.assert(
    fc.property(joins, (pairs) => {
      const families = new Families(10);
      let smallest = Array.from({ length: 10 }, (_, i) => i);
      for (const [a, b] of pairs) {
        families.join(a, b);
        const [one, other] = [smallest[a] ?? 0, smallest[b] ?? 0];
        smallest = smallest.map((of) => (of === one || of === other ? Math.min(one, other) : of));
      }
      expect(smallest.map((_, member) => families.find(member))).toEqual(smallest);
      expect(families.size).toBe(10);
    }),
  );
});
