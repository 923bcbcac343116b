/** @file Closes sessions that were opened on demand. */

/** Closes every session that opened. One that failed to open is skipped: its caller has the error already. */
export async function closeOpened(opening: Iterable<Promise<{ close(): Promise<void> }>>): Promise<void> {
  for (const each of await Promise.allSettled(opening)) if (each.status === "fulfilled") await each.value.close();
}
