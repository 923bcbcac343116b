/** @file The dialogs that a session can open. */
import type { RefObject } from "react";

/** The dialogs of a session. */
export interface SessionDialogs {
  help: RefObject<HTMLDialogElement | null>;
  report: RefObject<HTMLDialogElement | null>;
  /** Opens the large view; does nothing while no pair is on screen. */
  enlarge(): void;
}
