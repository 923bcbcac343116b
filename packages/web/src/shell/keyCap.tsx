/** @file The key that does what a button does. */

/** Shown where a mouse suggests a keyboard. Written by the style sheet: the words of a button are its name, and the key is no part of it. */
export function KeyCap({ name }: { name: string }) {
  return <span aria-hidden="true" className="keycap action-key" data-key={name} />;
}
