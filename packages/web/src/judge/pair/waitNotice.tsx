/** @file The notice over the pictures while the page waits: a sentence, a bar when the progress is known, and a button to cancel. */
import { ProgressBar } from "../../shell/progressBar.tsx";
import type { Waiting } from "./waiting.ts";

/** With `atOnce` the notice appears at once, because no pair is on screen. Otherwise styles.css delays it, so that a short wait shows no notice. */
export function WaitNotice({ waiting, atOnce, cancel }: { waiting: Waiting; atOnce: boolean; cancel: () => void }) {
  const { sentence, progress, mayCancel } = waiting;
  return (
    <div className={`wait-notice ${atOnce ? "" : "wait-notice-late"}`} data-testid="waiting">
      <div className="grid w-full max-w-sm gap-3 rounded-2xl bg-surface p-4 text-center shadow-float sm:p-5">
        {/* Not a live region, or a screen reader would read every change. It can read the bar, and the session announces the next pair. */}
        <p className="font-medium">{sentence}</p>
        {progress && <ProgressBar fraction={progress.fraction} sentence={sentence} />}
        {mayCancel && (
          <button type="button" data-testid="cancel" className="button button-quiet justify-self-center" onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
    </div>
  );
}
