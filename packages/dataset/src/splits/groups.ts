/** @file Groups of numbers in two flat arrays, because a list for each group would take several times the memory. */

/** The members of group g are members[starts[g] ... starts[g + 1] - 1]. */
export interface Groups {
  /** Where each group begins in `members`; one entry more than there are groups. */
  readonly starts: Int32Array;
  readonly members: Int32Array;
}

/**
 * Sorts the numbers 0 ... of.length - 1 into their groups, in ascending order within each.
 * @param of the group of each number, 0 ... size - 1
 */
export function groupsOf(of: Int32Array, size: number): Groups {
  const starts = new Int32Array(size + 1);
  for (let i = 0; i < of.length; i++) starts[(of[i] ?? 0) + 1] = (starts[(of[i] ?? 0) + 1] ?? 0) + 1;
  for (let group = 0; group < size; group++) starts[group + 1] = (starts[group + 1] ?? 0) + (starts[group] ?? 0);
  const next = starts.slice();
  const members = new Int32Array(of.length);
  for (let i = 0; i < of.length; i++) {
    const group = of[i] ?? 0;
    const at = next[group] ?? 0;
    members[at] = i;
    next[group] = at + 1;
  }
  return { starts, members };
}

/** The members of a group. */
export function groupOf({ starts, members }: Groups, group: number): Int32Array {
  return members.subarray(starts[group], starts[group + 1]);
}
