/** @file Finds keys that occur twice in an object of a JSON text. JSON.parse silently keeps the last one. */

/**
 * Returns the first key that occurs twice in one object, or null.
 * @param json valid JSON
 */
export function repeatedKey(json: string): string | null {
  // The objects and lists that are open at this character: of an object its keys so far, of a list null.
  const open: (Set<string> | null)[] = [];
  let text = "";
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '"') {
      const end = endOfString(json, i);
      text = json.slice(i, end);
      i = end - 1;
    } else if (character === "{") open.push(new Set());
    else if (character === "[") open.push(null);
    else if (character === "}" || character === "]") open.pop();
    else if (character === ":") {
      // A key can be spelled in several ways, with and without escapes, so the parsed keys are compared.
      const key = String(JSON.parse(text));
      const keys = open.at(-1);
      if (!keys) throw new Error(`repeatedKey: expected valid JSON; the key ${text} is in no object`);
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

/**
 * Returns the offset after the string that starts at `start`. A regular expression would overflow the stack on a string of
 * megabytes.
 */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}
