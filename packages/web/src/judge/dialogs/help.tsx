/** @file The help dialog: how to judge, which keys there are, and the switch that turns them off. */
import type { RefObject } from "react";
import { Dialog } from "../../shell/dialog.tsx";
import { useStored } from "../../shell/stored.ts";
import { shortcutsChoice } from "../keys/keys.ts";

const keys: [keys: string[], meaning: string][] = [
  [["1", "←"], "The left (or upper) picture is better"],
  [["2", "→"], "The right (or lower) picture is better"],
  [["0"], "Equally good: neither is clearly better"],
  [["S"], "Skip this pair without an answer"],
  [["E"], "Enlarge both pictures"],
  [["Z", "Ctrl Z"], "Undo the last answer"],
  [["?"], "This help"],
];

/** The help dialog of a session. */
export function HelpDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <Dialog dialog={dialog} titleId="help-title">
      <h2 id="help-title" className="text-2xl font-bold">
        How to judge
      </h2>
      <p className="mt-2 text-muted">
        Pick the picture that you would rather have for this prompt: what it shows, how well it is made, how much you like it.
        Your pick stays, and a new picture takes the place of the other one. There is no wrong answer.
      </p>
      <p className="mt-2 text-muted">
        You can undo your last answers to this prompt, until you finish it in your history, which then names the generators. A
        choice within a third of a second is not taken: nobody can have looked so fast. Skip a pair that you cannot or do not want
        to judge: it counts as nothing, and two new pictures come.
      </p>
      <Keys />
      <form method="dialog" className="mt-5">
        <button type="submit" className="button button-primary w-full">
          Got it
        </button>
      </form>
    </Dialog>
  );
}

function Keys() {
  const [shortcuts, setShortcuts] = useStored(shortcutsChoice);
  return (
    <div className="mt-4 grid gap-3 [@media(hover:none)]:hidden">
      <label className="flex min-h-11 cursor-pointer items-center gap-3 rounded-xl bg-sunken px-3 font-semibold">
        <input
          type="checkbox"
          data-testid="shortcuts"
          className="size-5 accent-accent"
          checked={shortcuts}
          onChange={(event) => setShortcuts(event.currentTarget.checked)}
        />
        Answer by single keys
      </label>
      <dl className={`grid gap-2 ${shortcuts ? "" : "opacity-50"}`}>
        {keys.map(([names, meaning]) => (
          <div key={meaning} className="flex items-center gap-3">
            <dt className="flex w-24 shrink-0 gap-1">
              {names.map((name) => (
                <kbd key={name} className="keycap">
                  {name}
                </kbd>
              ))}
            </dt>
            <dd className="min-w-0">{meaning}</dd>
          </div>
        ))}
      </dl>
      {!shortcuts && <p className="text-sm text-muted">Switched off: only Ctrl Z and the buttons work.</p>}
    </div>
  );
}
