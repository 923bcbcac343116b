/** @file Circles in a graph of names. */

/** The first circle that is found by going along `next`, with its start again at its end; empty where there is none. */
export function circle(names: readonly string[], next: (name: string) => readonly string[]): string[] {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const other of next(name)) {
      const found = visit(other, [...path, name]);
      if (found.length > 0) return found;
    }
    done.add(name);
    return [];
  };
  for (const name of names) {
    const found = visit(name, []);
    if (found.length > 0) return found;
  }
  return [];
}
