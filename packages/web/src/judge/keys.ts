/** @file What a key press means while a pair is on screen. */
import type { Choice } from "@pickapic/server/api";

export type Intent = Choice | "undo" | "help";

/** The part of a KeyboardEvent that decides. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** The key is being held down: one press is one answer. */
  repeat: boolean;
}

/** Where the focus is: in a text field all keys write; on a button or link the space bar presses it. */
export type Focus = "text" | "control" | "page";

const INTENTS: Record<string, Intent> = {
  ArrowLeft: "left",
  "1": "left",
  ArrowRight: "right",
  "2": "right",
  ArrowDown: "tie",
  " ": "tie",
  "0": "tie",
  z: "undo",
  Z: "undo",
  "?": "help",
};

/** null: the key is none of ours. */
export function intentOf(press: KeyPress, focus: Focus): Intent | null {
  if (focus === "text" || press.altKey || press.repeat) return null;
  if (press.key === " " && focus === "control") return null;
  const intent = INTENTS[press.key] ?? null;
  if (press.ctrlKey || press.metaKey) return intent === "undo" ? "undo" : null;
  return intent;
}

export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.isContentEditable || target.closest("textarea, select, input")) return "text";
  return target.closest("button, a, summary, [role=button]") ? "control" : "page";
}
