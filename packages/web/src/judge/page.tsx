/** @file The judge page: first the form for a prompt, then the pairs of its round. The address has the round, so that a reload continues it. */
import { getRouteApi } from "@tanstack/react-router";
import { Gate } from "../account/gate.tsx";
import { PromptForm } from "./prompt/promptForm.tsx";
import { Session } from "./session.tsx";

const route = getRouteApi("/");

/** "/" shows the prompt form, "/?round=<id>" the pairs of a round, and "/?from=<id>" the form with the prompt of a round. */
export function JudgePage() {
  const { round, from } = route.useSearch();
  return (
    <Gate>
      {(user, me) =>
        round === undefined ? (
          <PromptForm key={from} user={user} simulated={me.simulatedWorld} offered={me.prompts} from={from} />
        ) : (
          <Session key={round} roundId={round} user={user} me={me} />
        )
      }
    </Gate>
  );
}
