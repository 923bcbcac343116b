/**
 * @file A hint about the keys beside the first pair, for newcomers with a mouse. It disappears after the first answer, or when it
 * is dismissed. On touch screens the caption says what to do.
 */
import { Icon } from "../shell/icons.tsx";
import { storedSwitch, useStored } from "../shell/stored.ts";

/** Whether the hint may still be shown in this browser. */
const hintChoice = storedSwitch("pickapic.hint", true);

/** `answered`: the person has answered before. `ready`: a pair waits for an answer. */
export function FirstHint({ answered, ready }: { answered: boolean; ready: boolean }) {
  const [wanted, setWanted] = useStored(hintChoice);
  if (answered || !wanted || !ready) return null;
  return (
    <p data-testid="hint" className="hint">
      <span>
        Click the better picture, or press <kbd className="keycap">1</kbd> or <kbd className="keycap">2</kbd>. Press{" "}
        <kbd className="keycap">0</kbd> when they are equally good.
      </span>
      <button type="button" className="button button-quiet size-11 shrink-0 px-0 text-inherit" onClick={() => setWanted(false)}>
        <span className="sr-only">Hide this hint</span>
        <Icon name="close" size={18} />
      </button>
    </p>
  );
}
