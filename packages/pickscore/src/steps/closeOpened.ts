/** @file Closing what was opened on demand. */

/** Closes everything whose opening succeeded; what failed to open has already told its caller. */
export async function closeOpened(opening: Iterable<Promise<{ close(): Promise<void> }>>): Promise<void> {
  for (const each of await Promise.allSettled(opening)) if (each.status === "fulfilled") await each.value.close();
}
