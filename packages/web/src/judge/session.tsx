/** @file One round on screen: its prompt, the current pair, and the buttons. */
import type { Me, Round, User } from "@pickapic/server/api";
import { Link, useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { Refusal } from "../http/client.ts";
import { usePageHead } from "../shell/head.ts";
import { Icon } from "../shell/icons.tsx";
import { Page } from "../shell/page.tsx";
import { PAGES } from "../shell/pages.ts";
import { Empty, Failure } from "../shell/states.tsx";
import { useStartAtTop } from "../shell/top.ts";
import { announcement } from "./announcement.ts";
import type { SessionDialogs } from "./dialogs/dialogs.ts";
import { HelpDialog } from "./dialogs/help.tsx";
import { ReportDialog } from "./dialogs/reportDialog.tsx";
import { FirstHint } from "./hint.tsx";
import type { Intent } from "./keys/keys.ts";
import { useKeys } from "./keys/useKeys.ts";
import { Notes } from "./notes.tsx";
import { Actions } from "./pair/actions.tsx";
import { EnlargedPair } from "./pair/enlarged.tsx";
import { Stage } from "./pair/stage.tsx";
import { Caption } from "./prompt/caption.tsx";
import { mayLeave } from "./round/judging.ts";
import { type JudgingHandle, useJudging } from "./round/useJudging.ts";

/** The error code of a round that its person has finished. Its generators have been named, so it cannot be judged further. */
const FINISHED = "PICKAPIC_ROUND_FINISHED";

interface SessionProps {
  roundId: string;
  user: User;
  me: Me;
}

/** Shows a round of `user` and lets them judge it. */
export function Session({ roundId, user, me }: SessionProps) {
  const judging = useJudging(roundId, user.id, me.fastestAnswerMs);
  const area = useRef<HTMLElement>(null);
  const [large, setLarge] = useState(false);
  const dialogs: SessionDialogs = {
    help: useRef<HTMLDialogElement>(null),
    report: useRef<HTMLDialogElement>(null),
    enlarge: () => judging.state.shown && setLarge(true),
  };
  const act = (intent: Intent) => actOn(intent, judging, dialogs);
  useKeys(area, act);
  useStartAtTop();
  const cancel = useCancel(roundId, judging);
  const { round, error, state } = judging;
  usePageHead({ ...PAGES.judge, title: round ? `“${round.prompt}”` : PAGES.judge.title });
  if (!round && error) return <Unavailable error={error} reload={judging.reload} />;
  return (
    <section ref={area} aria-label="Judging" className="session">
      <Caption round={round} roundId={roundId} simulated={me.simulatedWorld}>
        <FirstHint answered={user.karma > 0} ready={mayLeave(state)} />
      </Caption>
      {round?.state === "failed" ? <Failed round={round} retry={judging.retry} /> : <Stage judging={judging} cancel={cancel} />}
      <Actions judging={judging} dialogs={dialogs} />
      <Notes warnings={round?.warnings ?? []} notice={state.notice} />
      <p role="status" className="sr-only">
        {announcement(state, round)}
      </p>
      <HelpDialog dialog={dialogs.help} />
      {state.shown && <ReportDialog dialog={dialogs.report} pair={state.shown} done={judging.reported} />}
      {large && <EnlargedPair judging={judging} act={act} close={() => setLarge(false)} />}
    </section>
  );
}

function actOn(intent: Intent, judging: JudgingHandle, dialogs: SessionDialogs): void {
  if (intent === "undo") judging.undo();
  else if (intent === "help") dialogs.help.current?.showModal();
  else if (intent === "enlarge") dialogs.enlarge();
  else if (intent === "skip") judging.skip();
  else judging.choose(intent);
}

/** Cancels the pictures that are being made, and opens the prompt form with the prompt of this round. */
function useCancel(roundId: string, { cancel }: JudgingHandle): () => void {
  const navigate = useNavigate();
  return () => {
    void cancel();
    void navigate({ to: "/", search: { from: roundId } });
  };
}

function Failed({ round, retry }: { round: Round; retry: () => void }) {
  return (
    <div role="alert" className="card m-auto grid max-w-lg justify-items-center gap-4 p-8 text-center">
      <span className="grid size-14 place-items-center rounded-full bg-warn-soft text-warn">
        <Icon name="warning" size={28} />
      </span>
      <p>{round.problem?.message ?? "The pictures could not be made."}</p>
      <div className="flex flex-wrap justify-center gap-3">
        {round.problem?.code === FINISHED ? (
          <Link to="/history" className="button button-primary">
            My history
          </Link>
        ) : (
          <button type="button" className="button button-primary" onClick={retry}>
            Try again
          </button>
        )}
        <Link to="/" search={{ from: round.id }} className="button button-plain">
          Write another prompt
        </Link>
      </div>
    </div>
  );
}

/** The page for a round that could not be loaded. After a refusal it offers a new prompt instead of another try, which would be refused again. */
function Unavailable({ error, reload }: { error: Error; reload: () => void }) {
  const refused = error instanceof Refusal && error.status < 500;
  if (!refused) {
    return (
      <Page>
        <Failure error={error} retry={reload} />
      </Page>
    );
  }
  return (
    <Page>
      <div role="alert" className="my-auto">
        <Empty icon="help" title="These pictures are not here" level="h1">
          <p>{error.message}</p>
          <Link to="/" search={{}} className="button button-primary">
            Write a new prompt
          </Link>
        </Empty>
      </div>
    </Page>
  );
}
