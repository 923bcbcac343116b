/** @file How to judge, and the keys. */
import type { RefObject } from "react";

const keys: [keys: string[], meaning: string][] = [
  [["←", "1"], "Left (or upper) picture is better"],
  [["→", "2"], "Right (or lower) picture is better"],
  [["↓", "Space", "0"], "Equally good: neither is clearly better"],
  [["Z", "Ctrl Z"], "Undo the last answer"],
  [["?"], "This help"],
];

export function HelpDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog
      ref={dialog}
      aria-labelledby="help-title"
      className="m-auto w-[min(30rem,calc(100vw-2rem))] rounded-2xl border border-line bg-surface p-6 text-ink shadow-float backdrop:bg-black/50"
      onClick={(event) => {
        if (event.target === event.currentTarget) event.currentTarget.close();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <h2 id="help-title" className="text-2xl font-bold">
        How to judge
      </h2>
      <p className="mt-2 text-muted">
        Pick the picture that you would rather have for this prompt: what it shows, how well it is made, how much you like it. The
        other one is replaced. There is no wrong answer, and you can always take one back.
      </p>
      <dl className="mt-5 grid gap-2.5 [@media(hover:none)]:hidden">
        {keys.map(([names, meaning]) => (
          <div key={meaning} className="flex items-center gap-3">
            <dt className="flex w-34 shrink-0 gap-1">
              {names.map((name) => (
                <kbd key={name} className="keycap">
                  {name}
                </kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog" className="mt-6">
        <button type="submit" className="button button-primary w-full">
          Got it
        </button>
      </form>
    </dialog>
  );
}
