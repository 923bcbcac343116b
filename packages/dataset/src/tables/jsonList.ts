/** @file Splits a JSON list into the texts of its elements as the file is read, so that a list of any length needs the memory of one element. */

/** Longest element, characters: a file that is no list of rows would otherwise be read into memory before it is refused. */
const LONGEST_ELEMENT = 1 << 20;

/** The characters that structure a JSON text. */
const Char = { quote: 0x22, comma: 0x2c, backslash: 0x5c, open: 0x5b, close: 0x5d, openObject: 0x7b, closeObject: 0x7d } as const;

/**
 * Yields the text of each element of a JSON list, whose "[" is the first character beside white space. Elements are only cut out, not parsed.
 * @param pieces the text of the file, cut anywhere
 * @param refuse makes the error for a list that is broken, from a phrase and the number of the element, from 1
 */
export async function* listElements(
  pieces: AsyncIterable<string>,
  refuse: (why: string, element: number) => Error,
): AsyncGenerator<string> {
  const scanner = new ListScanner();
  let [element, yielded] = ["", 0];
  for await (const piece of pieces) {
    let from = 0;
    for (let end = scanner.next(piece, from); end >= 0; end = scanner.next(piece, from)) {
      element += piece.slice(from, end);
      from = end + 1;
      if (scanner.begins) element = "";
      // An empty list has an end and no element; behind a comma there must be one.
      else if (element.trim() !== "" || !scanner.isOver || yielded > 0) {
        yielded++;
        yield element;
        element = "";
      }
    }
    element += piece.slice(from);
    if (element.length > LONGEST_ELEMENT) throw refuse(`it has more than ${LONGEST_ELEMENT} characters`, yielded + 1);
  }
  if (!scanner.isOver) throw refuse("the file ends in the middle of its list, as one that was cut off does", yielded + 1);
  if (element.trim() !== "") throw refuse("there is text behind the end of the list", yielded + 1);
}

/** Finds where the elements of the outermost list begin and end. */
class ListScanner {
  #depth = 0;
  #inText = false;
  #escaped = false;
  /** Whether what `next` found last is the "[" that opens the list. */
  begins = false;
  /** Whether the list has been closed. */
  isOver = false;

  /** The next "[", "," or "]" of the outermost list in `piece`, from this character on; -1 when there is none. */
  next(piece: string, from: number): number {
    this.begins = false;
    for (let i = from; i < piece.length && !this.isOver; i++) {
      const char = piece.charCodeAt(i);
      if (this.#inText) this.#readText(char);
      else if (this.#isBorder(char)) return i;
    }
    return -1;
  }

  #readText(char: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (char === Char.backslash) this.#escaped = true;
    else if (char === Char.quote) this.#inText = false;
  }

  #isBorder(char: number): boolean {
    if (char === Char.comma) return this.#depth === 1;
    if (char === Char.quote) this.#inText = true;
    else if (char === Char.open || char === Char.openObject) {
      this.begins = this.#depth++ === 0;
      return this.begins;
    } else if (char === Char.close || char === Char.closeObject) {
      this.isOver = --this.#depth === 0;
      return this.isOver;
    }
    return false;
  }
}
