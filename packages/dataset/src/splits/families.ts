/** @file Sets that grow together: which members belong to one family. */

/** Sets that can be joined; `find` gives the smallest member of a set. */
export class Families {
  readonly #parent: Int32Array;

  /** The number of members. */
  readonly size: number;

  /**
   * @param size the number of members
   * @param first the smallest member of the set of each member at first. Default: each is a set of its own
   */
  constructor(size: number, first = Int32Array.from({ length: size }, (_, i) => i)) {
    this.size = size;
    this.#parent = first;
  }

  find(member: number): number {
    let root = member;
    while (this.#parent[root] !== root) root = this.#parent[root] ?? root;
    for (let at = member; at !== root; ) {
      const next = this.#parent[at] ?? root;
      this.#parent[at] = root;
      at = next;
    }
    return root;
  }

  join(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    this.#parent[Math.max(first, second)] = Math.min(first, second);
  }
}
