/** @file The people of rankings, numbered, with the different prompts of each. */

import { type Groups, groupsOf } from "./groups.ts";

/** People are numbered 0 ... size - 1 in the order of their first rankings. */
export interface PromptsOfPeople {
  readonly size: number;
  /** The person of each ranking. */
  readonly codes: Int32Array;
  /** The different prompts of each person, in the order of the rankings. */
  readonly prompts: Groups;
}

/**
 * Finds the different prompts of each person.
 * @param prompts the prompt of each ranking, 0 ... promptCount - 1
 * @param people the id of the person of each ranking
 */
export function promptsOfPeople(prompts: Int32Array, people: BigInt64Array, promptCount: number): PromptsOfPeople {
  const { codes, size } = numbered(people);
  const rankings = groupsOf(codes, size);
  const starts = new Int32Array(size + 1);
  const members = new Int32Array(prompts.length);
  /** The last person who had each prompt: a person's rankings follow each other here. */
  const last = new Int32Array(promptCount).fill(-1);
  let count = 0;
  for (let person = 0; person < size; person++) {
    for (let at = rankings.starts[person] ?? 0; at < (rankings.starts[person + 1] ?? 0); at++) {
      const prompt = prompts[rankings.members[at] ?? 0] ?? 0;
      if (last[prompt] === person) continue;
      last[prompt] = person;
      members[count++] = prompt;
    }
    starts[person + 1] = count;
  }
  return { size, codes, prompts: { starts, members: members.subarray(0, count) } };
}

/** Numbers different ids in the order in which they first occur. Ids are looked at as two halves, so that no bigint is made for each. */
function numbered(ids: BigInt64Array): { codes: Int32Array; size: number } {
  const halves = new Int32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
  const codes = new Int32Array(ids.length);
  // Open addressing: the first row of an id, + 1, or 0 for a free slot.
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * ids.length + 2)));
  const mask = slots.length - 1;
  let size = 0;
  for (let row = 0; row < ids.length; row++) {
    const low = halves[2 * row] ?? 0;
    const high = halves[2 * row + 1] ?? 0;
    const hash = Math.imul(Math.imul(low, 0x9e3779b1) ^ high, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const first = (slots[slot] ?? 0) - 1;
      if (halves[2 * first] === low && halves[2 * first + 1] === high) break;
    }
    if (slots[slot] === 0) {
      slots[slot] = row + 1;
      codes[row] = size++;
    } else codes[row] = codes[(slots[slot] ?? 0) - 1] ?? 0;
  }
  return { codes, size };
}
