/** @file Withdraws the consent: asks for confirmation, confirms, and offers to undo it. */
import type { Me } from "@pickapic/server/api";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { sentenceOf } from "../http/client.ts";
import { hasWithdrawn } from "./consent.tsx";
import { DownloadAnswers } from "./downloadAnswers.tsx";
import { useConsent, useWithdrawal } from "./session.ts";

/** For a person who has consented, or has just withdrawn; shows nothing to others. */
export function Withdrawal({ me }: { me: Me }) {
  const [asked, setAsked] = useState(false);
  const withdrawal = useWithdrawal();
  const { user } = me;
  if (!user) return null;
  if (hasWithdrawn(user) || (withdrawal.isSuccess && user.consentVersion === null)) return <Withdrawn me={me} />;
  if (user.consentVersion === null) return null;
  if (!asked) {
    return (
      <button type="button" className="button button-plain justify-self-start" onClick={() => setAsked(true)}>
        Withdraw my agreement…
      </button>
    );
  }
  return (
    <div className="grid gap-3 rounded-xl bg-warn-soft p-4 text-warn">
      <p>
        None of your answers, old or new, will be in a later release, and they leave the leaderboard and the statistics. The
        pictures made from your prompts can be seen by you only. You can still read and download all of it, and you can take this
        back at any time.
      </p>
      {withdrawal.error && <p role="alert">{sentenceOf(withdrawal.error)}</p>}
      <div className="flex flex-wrap gap-3">
        <button
          type="button"
          data-testid="consent-withdraw"
          className="button button-plain text-ink"
          disabled={withdrawal.isPending}
          onClick={() => withdrawal.mutate(undefined, { onSuccess: () => setAsked(false) })}
        >
          Yes, withdraw
        </button>
        <button type="button" className="button" onClick={() => setAsked(false)}>
          Keep it
        </button>
      </div>
    </div>
  );
}

/** Says that the consent is withdrawn and what can still be done, also on a later visit. */
function Withdrawn({ me }: { me: Me }) {
  const consent = useConsent();
  return (
    <div className="grid gap-3 rounded-xl bg-warn-soft p-4 text-warn" data-testid="withdrawn">
      <p role="status">
        <strong>Your agreement is withdrawn.</strong> None of your answers will be in a later release.
      </p>
      {consent.error && <p role="alert">{sentenceOf(consent.error)}</p>}
      <div className="flex flex-wrap gap-3">
        <button
          type="button"
          data-testid="consent-again"
          className="button button-plain text-ink"
          disabled={consent.isPending}
          onClick={() => consent.mutate(me.consent.version)}
        >
          Take it back: I agree to the text above
        </button>
        <Link to="/history" className="button button-plain text-ink">
          Read my history
        </Link>
        <span className="text-ink">
          <DownloadAnswers />
        </span>
      </div>
    </div>
  );
}
