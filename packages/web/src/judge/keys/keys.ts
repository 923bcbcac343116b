/** @file What a key press means while a pair is on screen. No key that scrolls the page is an answer. */
import type { Choice } from "@pickapic/server/api";
import { storedSwitch } from "../../shell/stored.ts";

/** What a key asks for. */
export type Intent = Choice | "skip" | "enlarge" | "undo" | "help";

/** The part of a KeyboardEvent that decides. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** The key is being held down: one press is one answer. */
  repeat: boolean;
}

/** What the key press meets on the page. */
export interface KeyContext {
  /** Where the focus is. Keys write in a "text" field, and mean nothing to us "elsewhere": in the header, a menu, a dialog. */
  focus: "text" | "judging" | "elsewhere";
  /** The person has single-key shortcuts switched on. */
  shortcuts: boolean;
  /** Something is wider than the window, so the arrows to the left and right scroll. */
  scrollsSideways: boolean;
}

/** Whether single keys answer; remembered in this browser (WCAG 2.1.4). */
export const shortcutsChoice = storedSwitch("pickapic.shortcuts", true);

/** Space, the arrows up and down, Page, Home and End scroll: none of them stands here. */
const INTENTS: Record<string, Intent> = {
  "1": "left",
  "2": "right",
  "0": "tie",
  s: "skip",
  e: "enlarge",
  z: "undo",
  "?": "help",
};

const SIDEWAYS: Record<string, Intent> = { ArrowLeft: "left", ArrowRight: "right" };

/** What a key press asks for; null: it is none of ours, and does what it always does. */
export function intentOf(press: KeyPress, { focus, shortcuts, scrollsSideways }: KeyContext): Intent | null {
  if (focus !== "judging" || press.altKey || press.repeat) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  if (press.ctrlKey || press.metaKey) return key === "z" ? "undo" : null;
  if (!shortcuts) return null;
  return INTENTS[key] ?? (scrollsSideways ? null : (SIDEWAYS[key] ?? null));
}

/** Where the focus is, seen from the judging area. Nothing focused counts as the area, which is all there is on the page. */
export function focusOf(target: EventTarget | null, area: HTMLElement | null): KeyContext["focus"] {
  if (!(target instanceof HTMLElement) || target === document.body || target === document.documentElement) return "judging";
  if (target.isContentEditable || target.closest("textarea, select, input")) return "text";
  return area?.contains(target) ? "judging" : "elsewhere";
}

/** True when the page, or the zoomed view of it, can be scrolled to the side. */
export function scrollsSideways({ scrollingElement: page } = document, zoom = visualViewport?.scale ?? 1): boolean {
  return zoom > 1 || (page !== null && page.scrollWidth > page.clientWidth);
}
