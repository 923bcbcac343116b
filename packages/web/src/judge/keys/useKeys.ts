/** @file Listens for the keys of the judging area. */
import { type RefObject, useEffect, useRef } from "react";
import { focusOf, type Intent, intentOf, scrollsSideways, shortcutsChoice } from "./keys.ts";

/** Calls `act` for each key press that has an action. Keys are ignored while the focus is outside `area`, or while a dialog or menu is open. */
export function useKeys(area: RefObject<HTMLElement | null>, act: (intent: Intent) => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open], [popover]:popover-open")) return;
      const context = {
        focus: focusOf(event.target, area.current),
        shortcuts: shortcutsChoice.get(),
        scrollsSideways: scrollsSideways(),
      };
      const intent = intentOf(event, context);
      if (intent === null) return;
      event.preventDefault();
      latest.current(intent);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [area]);
}
