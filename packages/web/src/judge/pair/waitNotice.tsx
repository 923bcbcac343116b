/** @file What is waited for, over the pictures: words, a bar where the server knows how far it is, and a way to stop. */
import type { Waiting } from "./waiting.ts";

/** `atOnce`: there is nothing else to look at. Otherwise a wait too short to notice is not mentioned (styles.css). */
export function WaitNotice({ waiting, atOnce, cancel }: { waiting: Waiting; atOnce: boolean; cancel: () => void }) {
  const { sentence, progress, mayCancel } = waiting;
  return (
    <div className={`wait-notice ${atOnce ? "" : "wait-notice-late"}`} data-testid="waiting">
      <div className="grid w-full max-w-sm gap-3 rounded-2xl bg-surface p-4 text-center shadow-float sm:p-5">
        {/* Not live: a screen reader would hear every change. The bar can be asked, and the session says when a pair is there. */}
        <p className="font-medium">{sentence}</p>
        {progress && <Bar fraction={progress.fraction} sentence={sentence} />}
        {mayCancel && (
          <button type="button" data-testid="cancel" className="button button-quiet justify-self-center" onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
    </div>
  );
}

/** At least a little of the bar is filled, so that it looks like one, %. */
const LEAST_PERCENT = 4;

/** fraction: 0...1 */
function Bar({ fraction, sentence }: { fraction: number; sentence: string }) {
  const percent = Math.round(fraction * 100);
  return (
    <div
      role="progressbar"
      aria-label="Pictures are being painted"
      aria-valuenow={percent}
      aria-valuetext={sentence}
      className="h-2 overflow-hidden rounded-full bg-sunken"
    >
      <div
        className="h-full rounded-full bg-accent transition-[width] duration-300"
        style={{ width: `${Math.max(LEAST_PERCENT, percent)}%` }}
      />
    </div>
  );
}
