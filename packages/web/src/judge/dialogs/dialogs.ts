/** @file What can be opened over a session. */
import type { RefObject } from "react";

/** The dialogs of a session. */
export interface SessionDialogs {
  help: RefObject<HTMLDialogElement | null>;
  report: RefObject<HTMLDialogElement | null>;
  /** Opens the large view, when there is a pair. */
  enlarge(): void;
}
