/** @file Sets that grow together: which members belong to one family. */

/** Sets that can be joined; `find` gives the smallest member of a set. */
export class Families {
  readonly #parent: Int32Array;

  /** @param size the number of members, each a set of its own at first */
  constructor(size: number) {
    this.#parent = Int32Array.from({ length: size }, (_, i) => i);
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
