/** @file Decides what a key press means in the judging area. No key that scrolls the page is an answer. */
import type { Choice } from "@pickapic/server/api";
import { storedSwitch } from "../../shell/stored.ts";

/** The action that a key stands for. */
export type Intent = Choice | "skip" | "enlarge" | "undo" | "help";

/** The fields of a KeyboardEvent that decide its meaning. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** True for the repeated events of a key that is held down. They are ignored, so that one press is one answer. */
  repeat: boolean;
}

/** The state of the page at a key press. */
export interface KeyContext {
  /** Where the focus is. Keys act only in the "judging" area; a "text" field takes them, and "elsewhere" is the header, a menu or a dialog. */
  focus: "text" | "judging" | "elsewhere";
  /** Whether the person allows single keys as answers. */
  shortcuts: boolean;
  /** True when the left and right arrows scroll, because the page is wider than the window. */
  scrollsSideways: boolean;
}

/** Whether single keys answer, stored in this browser. WCAG 2.1.4 requires that a person can turn such keys off. */
export const shortcutsChoice = storedSwitch("pickapic.shortcuts", true);

/** The keys and their actions. Keys that scroll are not among them: Space, up and down, Page Up and Down, Home and End. */
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

/** The action of a key press; null when it has none, so that the browser handles it as usual. */
export function intentOf(press: KeyPress, { focus, shortcuts, scrollsSideways }: KeyContext): Intent | null {
  if (focus !== "judging" || press.altKey || press.repeat) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  if (press.ctrlKey || press.metaKey) return key === "z" ? "undo" : null;
  if (!shortcuts) return null;
  return INTENTS[key] ?? (scrollsSideways ? null : (SIDEWAYS[key] ?? null));
}

/** Where the focus is. Without any focus it counts as in the judging area, which fills the page. */
export function focusOf(target: EventTarget | null, area: HTMLElement | null): KeyContext["focus"] {
  if (!(target instanceof HTMLElement) || target === document.body || target === document.documentElement) return "judging";
  if (target.isContentEditable || target.closest("textarea, select, input")) return "text";
  return area?.contains(target) ? "judging" : "elsewhere";
}

type Scrolling = { readonly scrollingElement: Pick<Element, "scrollWidth" | "clientWidth"> | null };

/** Whether the page can be scrolled sideways, because it is wider than the window or the person has zoomed in. */
export function scrollsSideways({ scrollingElement: page }: Scrolling = document, zoom = visualViewport?.scale ?? 1): boolean {
  return zoom > 1 || (page !== null && page.scrollWidth > page.clientWidth);
}
