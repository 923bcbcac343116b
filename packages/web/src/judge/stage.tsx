/** @file The two pictures, large. Each is a button; what was chosen shows at once. */
import type { Choice, ShownImage } from "@pickapic/server/api";
import { Icon } from "../shell/icons.tsx";
import { mayChoose } from "./judging.ts";
import { ProgressBar } from "./progress.tsx";
import type { JudgingHandle } from "./use-judging.ts";

type Side = "left" | "right";

export function Stage({ judging }: { judging: JudgingHandle }) {
  const { state, round } = judging;
  const waiting = round?.state === "generating";
  if (!state.shown) return <Painting judging={judging} />;
  return (
    <div className="relative">
      <div className="stage">
        <Frame side="left" image={state.shown.left} judging={judging} />
        <Frame side="right" image={state.shown.right} judging={judging} />
      </div>
      {waiting && (
        <div className="wait-pill absolute inset-0 grid place-items-center">
          <div className="rounded-2xl bg-surface p-5 shadow-float">
            <ProgressBar progress={round.progress} />
          </div>
        </div>
      )}
    </div>
  );
}

function Frame({ side, image, judging }: { side: Side; image: ShownImage; judging: JudgingHandle }) {
  const { state, round, choose } = judging;
  const number = side === "left" ? "1" : "2";
  const verdict = verdictFor(side, state.choice);
  return (
    <button
      type="button"
      className="frame"
      data-testid={`choice-${side}`}
      data-verdict={verdict}
      data-turn={state.pairs % 2}
      aria-label={`${number}: the ${side} picture is better`}
      aria-disabled={!mayChoose(state)}
      onClick={(event) => {
        // The second click of a double click would answer a pair that nobody has seen yet.
        if (event.detail > 1) return;
        // After a click with the mouse the space bar means "equally good" again, not "press this button".
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
      {(verdict === "won" || verdict === "tied") && (
        <span className="frame-mark">
          <span>
            <Icon name={verdict === "won" ? "check" : "equal"} size={40} />
          </span>
        </span>
      )}
    </button>
  );
}

function verdictFor(side: Side, choice: Choice | null): "won" | "lost" | "tied" | undefined {
  if (choice === null) return undefined;
  if (choice === "tie") return "tied";
  return choice === side ? "won" : "lost";
}

/** Before the first pair: two empty canvases and how long it will take. */
function Painting({ judging }: { judging: JudgingHandle }) {
  const { round } = judging;
  return (
    <div className="relative">
      <div className="stage" aria-hidden="true">
        {["left", "right"].map((side) => (
          <div key={side} className="frame painting">
            <Icon name="brush" size={44} />
          </div>
        ))}
      </div>
      {round?.state === "generating" && (
        <div className="absolute inset-0 grid place-items-center">
          <div className="wait-pill rounded-2xl bg-surface p-5 shadow-float">
            <ProgressBar progress={round.progress} />
          </div>
        </div>
      )}
    </div>
  );
}
