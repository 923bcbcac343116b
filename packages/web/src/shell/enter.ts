/** @file The Enter key in a field of several lines. */
import type { KeyboardEvent } from "react";

/**
 * Returns a handler of key presses that submits on Enter. Shift and Enter begin a new line. The Enter that ends the composition of a Japanese or Chinese
 * word submits nothing.
 */
export function onEnter(submit: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
}
