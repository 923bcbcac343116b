/** @file A dialog over the page. It is a native `<dialog>`, so that the browser keeps the focus in it, closes it on Escape and blocks the page behind it. */
import type { ReactNode, RefObject } from "react";

/** A modal dialog. `titleId` is the id of its heading. A click beside the dialog closes it. */
export function Dialog({
  dialog,
  titleId,
  children,
}: {
  dialog: RefObject<HTMLDialogElement | null>;
  titleId: string;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the key is Escape, which the browser listens for
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      className="m-auto max-h-[calc(100dvh-2rem)] w-[min(32rem,calc(100vw-1.5rem))] overflow-y-auto rounded-2xl border border-line bg-surface p-5 text-ink shadow-float backdrop:bg-black/50 sm:p-6"
      onClick={(event) => {
        if (event.target === event.currentTarget) event.currentTarget.close();
      }}
    >
      {children}
    </dialog>
  );
}
