/** @file The two pictures of a pair, as large as the window allows. Each is a button, and shows at once how it was judged. */
import type { ShownImage } from "@pickapic/server/api";
import { useOutboxSnapshot } from "../../outbox/context.tsx";
import { Icon } from "../../shell/icons.tsx";
import { mayChoose, type Verdict } from "../round/judging.ts";
import type { JudgingHandle } from "../round/useJudging.ts";
import { proportions } from "./proportions.ts";
import { waitingOf } from "./waiting.ts";
import { WaitNotice } from "./waitNotice.tsx";

type Side = "left" | "right";

/** Shows the current pair, or what the page waits for. `cancel` stops waiting and leaves the round. */
export function Stage({ judging, cancel }: { judging: JudgingHandle; cancel: () => void }) {
  const { state, round } = judging;
  const { shown } = state;
  const unsent = useOutboxSnapshot().waiting.find(({ comparison }) => comparison === shown?.id);
  const waiting = waitingOf(state, round, (unsent?.attempts ?? 0) > 0);
  return (
    <div className="stage">
      {shown ? (
        <div className="pair" style={proportions([shown.left, shown.right])}>
          <Frame side="left" image={shown.left} judging={judging} />
          <Frame side="right" image={shown.right} judging={judging} />
        </div>
      ) : (
        <Painting />
      )}
      {waiting && <WaitNotice waiting={waiting} atOnce={!shown} cancel={cancel} />}
    </div>
  );
}

function Frame({ side, image, judging }: { side: Side; image: ShownImage; judging: JudgingHandle }) {
  const { state, round, choose } = judging;
  const number = side === "left" ? "1" : "2";
  const look = lookOf(side, state.verdict);
  return (
    <button
      type="button"
      className="frame"
      data-testid={`choice-${side}`}
      data-verdict={look}
      data-turn={state.pairs % 2}
      aria-label={`${number}: the ${side} picture is better`}
      aria-disabled={!mayChoose(state)}
      onClick={(event) => {
        // The second click of a double click could answer the next pair, which the person has not seen yet.
        if (event.detail > 1) return;
        // A button that has the focus is pressed by the space bar. Without the focus, the space bar scrolls the page again.
        if (event.detail > 0) event.currentTarget.blur();
        choose(side);
      }}
    >
      <img
        data-testid={`image-${side}`}
        src={image.url}
        width={image.width}
        height={image.height}
        alt={`${side === "left" ? "Left" : "Right"}: “${round?.prompt ?? ""}”`}
        decoding="sync"
        draggable={false}
      />
      <span className="frame-label" aria-hidden="true">
        {number}
      </span>
      {(look === "won" || look === "tied") && (
        <span className="frame-mark">
          <span>
            <Icon name={look === "won" ? "check" : "equal"} size={40} />
          </span>
        </span>
      )}
    </button>
  );
}

/** How a picture looks after a verdict. */
export function lookOf(side: Side, verdict: Verdict | null): "won" | "lost" | "tied" | undefined {
  if (verdict === null) return undefined;
  if (verdict === "left-out") return "lost";
  if (verdict === "tie") return "tied";
  return verdict === side ? "won" : "lost";
}

/** Two empty frames, shown before the first pair. */
function Painting() {
  return (
    <div className="pair" aria-hidden="true">
      {["left", "right"].map((side) => (
        <div key={side} className="frame painting">
          <Icon name="brush" size={44} />
        </div>
      ))}
    </div>
  );
}
