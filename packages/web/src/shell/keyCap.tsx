/** @file Shows, on a button, the key that does the same. */

/** The key of a button, shown only on devices with a mouse, which probably have a keyboard. The style sheet writes it, so that it is not a part of the button's name. */
export function KeyCap({ name }: { name: string }) {
  return <span aria-hidden="true" className="keycap action-key" data-key={name} />;
}
