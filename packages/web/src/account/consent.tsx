/** @file Asks for consent to the release of answers, once for each version of the text. */
import type { Me, User } from "@pickapic/server/api";
import { Link } from "@tanstack/react-router";
import { sentenceOf } from "../http/client.ts";
import { usePageHead } from "../shell/head.ts";
import { Page } from "../shell/page.tsx";
import { PAGES } from "../shell/pages.ts";
import { useStartAtTop } from "../shell/top.ts";
import { Markdown } from "./markdown.tsx";
import { useConsent } from "./session.ts";
import { SignOut } from "./signOut.tsx";

/** Asks `user` to agree to the current text. */
export function Consent({ me, user }: { me: Me; user: User }) {
  const consent = useConsent();
  usePageHead({ ...PAGES.judge, title: "Before you start" });
  useStartAtTop();
  return (
    <Page>
      <div className="mx-auto my-4 grid w-full max-w-2xl grid-cols-[minmax(0,1fr)] gap-5">
        <div className="grid gap-2">
          <h1 className="text-3xl font-extrabold sm:text-4xl">{hasWithdrawn(user) ? "Agree again?" : "Before you start"}</h1>
          <p className="text-muted">{reasonToAsk(user)}</p>
        </div>
        <article className="card p-5 sm:p-7">
          <Markdown text={me.consent.text} />
          <p className="mt-5 border-t border-line pt-3 text-sm text-muted">Version {me.consent.version}</p>
        </article>
        {consent.error && (
          <p role="alert" className="font-medium text-danger">
            {sentenceOf(consent.error)}
          </p>
        )}
        <div className="consent-bar">
          <button
            type="button"
            data-testid="consent-accept"
            className="button button-primary grow px-5 text-lg sm:grow-0"
            disabled={consent.isPending}
            onClick={() => consent.mutate(me.consent.version)}
          >
            I agree, let me pick
          </button>
          {hasWithdrawn(user) ? (
            <Link to="/history" className="button button-plain">
              Only read my history
            </Link>
          ) : (
            <span>
              <SignOut user={user} begin={() => {}} />
            </span>
          )}
        </div>
      </div>
    </Page>
  );
}

/** True for a person who has answered but whose consent is missing. */
export function hasWithdrawn({ consentVersion, karma }: User): boolean {
  return consentVersion === null && karma > 0;
}

function reasonToAsk(user: User): string {
  if (user.consentVersion !== null) return "The text has changed since you agreed to it. Please read it again.";
  if (hasWithdrawn(user))
    return "You withdrew your agreement. To give new answers, please agree again; then your earlier ones count again too.";
  return "Your picks are meant for everyone. Please read what that means.";
}
