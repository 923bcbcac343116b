/** @file The large view of the current pair, with buttons to answer it. */
import type { Choice } from "@pickapic/server/api";
import type { KeyboardEvent } from "react";
import { Icon } from "../../shell/icons.tsx";
import { LargeView } from "../../viewer/largeView.tsx";
import { type Intent, intentOf, shortcutsChoice } from "../keys/keys.ts";
import { mayChoose } from "../round/judging.ts";
import type { JudgingHandle } from "../round/useJudging.ts";
import { Key } from "./actions.tsx";

const choices: [choice: Choice, label: string, keyName: string][] = [
  ["left", "The left picture is better", "1"],
  ["tie", "Equally good", "0"],
  ["right", "The right picture is better", "2"],
];

/** Shows the current pair large, and stays open when the next pair comes. `act` runs the intent of a key. */
export function EnlargedPair({
  judging,
  act,
  close,
}: {
  judging: JudgingHandle;
  act: (intent: Intent) => void;
  close: () => void;
}) {
  const { state, round } = judging;
  const { shown } = state;
  if (!shown) return null;
  const picture = (side: "left" | "right") => {
    const label = side === "left" ? "1" : "2";
    return { ...shown[side], label, alt: `${side === "left" ? "Left" : "Right"}: “${round?.prompt ?? ""}”` };
  };
  const press = (event: KeyboardEvent) => {
    // `scrollsSideways` keeps the arrows from being answers, because here they move the pictures.
    const intent = intentOf(event.nativeEvent, { focus: "judging", shortcuts: shortcutsChoice.get(), scrollsSideways: true });
    if (intent === null || intent === "help" || intent === "enlarge") return;
    event.preventDefault();
    act(intent);
  };
  return (
    <LargeView left={picture("left")} right={picture("right")} close={close} onKey={press}>
      {choices.map(([choice, label, keyName]) => (
        <button
          key={choice}
          type="button"
          className="button button-plain action"
          aria-label={label}
          title={label}
          aria-disabled={!mayChoose(state)}
          onClick={() => act(choice)}
        >
          {choice === "tie" ? <Icon name="equal" /> : <Icon name="check" />}
          {choice !== "tie" && <span aria-hidden="true" className="picture-number" data-key={keyName} />}
          {choice === "tie" && <Key name={keyName} />}
        </button>
      ))}
    </LargeView>
  );
}
