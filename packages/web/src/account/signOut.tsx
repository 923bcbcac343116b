/** @file Signs out. A guest loses access to the answers, and is told so first. */
import type { User } from "@pickapic/server/api";
import { useRef } from "react";
import { createPortal } from "react-dom";
import { Dialog } from "../shell/dialog.tsx";
import { DownloadAnswers } from "./downloadAnswers.tsx";
import { useSignOut } from "./session.ts";

/** `begin` is called when the button is pressed, before anything else, to close the menu around the button. */
export function SignOut({ user, begin }: { user: User; begin: () => void }) {
  const signOut = useSignOut();
  const dialog = useRef<HTMLDialogElement>(null);
  const press = () => {
    begin();
    if (user.guest) dialog.current?.showModal();
    else signOut();
  };
  return (
    <>
      <button type="button" className="button button-quiet mt-1 w-full justify-start px-2" onClick={press}>
        Sign out
      </button>
      {user.guest &&
        createPortal(
          <Dialog dialog={dialog} titleId="sign-out-title">
            <h2 id="sign-out-title" className="text-2xl font-bold">
              Sign out for good?
            </h2>
            <p className="mt-2 text-muted">
              You are a guest on this device: nobody, not even you, can get back into this account after signing out.{" "}
              {answersStay(user.karma)}
            </p>
            <div className="mt-5 flex flex-wrap gap-3">
              <button
                type="button"
                data-testid="sign-out-confirm"
                className="button button-primary"
                onClick={() => {
                  dialog.current?.close();
                  signOut();
                }}
              >
                Sign out
              </button>
              <button type="button" className="button button-plain" onClick={() => dialog.current?.close()}>
                Stay signed in
              </button>
              {user.karma > 0 && <DownloadAnswers />}
            </div>
          </Dialog>,
          // By now the menu is closed, and hides everything inside it.
          document.body,
        )}
    </>
  );
}

function answersStay(karma: number): string {
  if (karma === 0) return "You have given no answers yet.";
  return karma === 1
    ? "The answer that you gave is kept and goes on counting, but you can neither see nor withdraw it any more."
    : `The ${karma} answers that you gave are kept and go on counting, but you can neither see nor withdraw them any more.`;
}
