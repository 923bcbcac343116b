/** @file The judge page: a prompt first, then pair after pair. The round is in the address, so that a reload goes on. */
import { getRouteApi } from "@tanstack/react-router";
import { Gate } from "../account/gate.tsx";
import { PromptForm } from "./prompt-form.tsx";
import { Session } from "./session.tsx";

const route = getRouteApi("/");

export function JudgePage() {
  const { round } = route.useSearch();
  return (
    <Gate>
      {(user, me) =>
        round === undefined ? (
          <PromptForm user={user} simulated={me.simulatedWorld} />
        ) : (
          <Session key={round} roundId={round} owner={user.id} simulated={me.simulatedWorld} />
        )
      }
    </Gate>
  );
}
