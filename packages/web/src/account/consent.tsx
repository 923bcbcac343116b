/** @file What is released, and how to stop that: agreed to once for each version of the text. */
import type { Me } from "@pickapic/server/api";
import { sentenceOf } from "../http/client.ts";
import { Markdown } from "./markdown.tsx";
import { useConsent, useSignOut } from "./session.ts";

export function Consent({ me, agreedBefore }: { me: Me; agreedBefore: string | null }) {
  const consent = useConsent();
  const signOut = useSignOut();
  return (
    <div className="mx-auto my-4 grid w-full max-w-2xl gap-5">
      <div className="grid gap-2">
        <h1 className="text-3xl font-extrabold sm:text-4xl">Before you start</h1>
        <p className="text-muted">
          {agreedBefore
            ? "The text has changed since you agreed to it. Please read it again."
            : "Your picks are meant for everyone. Please read what that means."}
        </p>
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
      <div className="flex flex-wrap gap-3">
        <button
          type="button"
          data-testid="consent-accept"
          className="button button-primary px-6 text-lg"
          disabled={consent.isPending}
          onClick={() => consent.mutate(me.consent.version)}
        >
          I agree, let me pick
        </button>
        <button type="button" className="button button-quiet" onClick={signOut}>
          No, sign me out
        </button>
      </div>
    </div>
  );
}
