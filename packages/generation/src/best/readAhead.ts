/** @file Reads a source before its items are asked for, up to a number of items that are not worked off yet. */

/** The items of a source that is read ahead. */
export interface ReadAhead<T> {
  /**
   * Says that the items taken before are worked off, waits until there is an item, and returns at most `most` of those that wait. Empty at the end of the source.
   * @throws what the source throws, after the items that came before
   */
  take(most: number): Promise<T[]>;
  /** Stops reading, and ends the source when it has produced the item that it is asked for. */
  close(): void;
}

/**
 * Starts to read a source.
 * @param ahead most items that were read and are not worked off, from 1
 */
export function readAhead<T>(source: AsyncIterable<T>, ahead: number): ReadAhead<T> {
  const waiting: T[] = [];
  let taken = 0;
  let isClosed = false;
  let end: { error?: unknown } | undefined;
  const [room, news] = [openBell(), openBell()];

  async function read(): Promise<void> {
    for await (const item of source) {
      if (isClosed) return;
      waiting.push(item);
      news.ring();
      while (waiting.length + taken >= ahead && !isClosed) await room.heard();
    }
  }
  const reading = read().then(
    () => ({}),
    (error: unknown) => ({ error }),
  );
  void reading.then((how) => {
    end = how;
    news.ring();
  });

  return {
    async take(most) {
      taken = 0;
      room.ring();
      while (waiting.length === 0 && !end) await news.heard();
      const items = waiting.splice(0, most);
      taken = items.length;
      if (items.length === 0 && end && "error" in end) throw end.error;
      return items;
    },
    close() {
      isClosed = true;
      room.ring();
    },
  };
}

/** Wakes one waiting function. */
function openBell(): { ring(): void; heard(): Promise<void> } {
  let wake = () => {};
  return {
    ring: () => wake(),
    heard: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
  };
}
