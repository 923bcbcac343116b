/** @file The judge page: a prompt first, then pair after pair. The round is in the address, so that a reload goes on. */
import { getRouteApi } from "@tanstack/react-router";
import { Gate } from "../account/gate.tsx";
import { PromptForm } from "./prompt/promptForm.tsx";
import { Session } from "./session.tsx";

const route = getRouteApi("/");

/** "/" is the prompt, "/?round=<id>" judges, "/?from=<id>" changes the prompt of a round. */
export function JudgePage() {
  const { round, from } = route.useSearch();
  return (
    <Gate>
      {(user, me) =>
        round === undefined ? (
          <PromptForm key={from} user={user} simulated={me.simulatedWorld} from={from} />
        ) : (
          <Session key={round} roundId={round} user={user} me={me} />
        )
      }
    </Gate>
  );
}
