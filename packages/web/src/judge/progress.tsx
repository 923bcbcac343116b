/** @file How far the next pair is, in words and as a bar. */
import type { Progress } from "@pickapic/server/api";

/** One short sentence, e.g. "Painting picture 1 of 2 · about 3 s left". */
export function progressSentence({ done, total, etaMs, queuePosition }: Progress): string {
  const left = etaMs === null ? "" : ` · ${remaining(etaMs)}`;
  if (queuePosition > 0) return `${queuePosition === 1 ? "1 picture is" : `${queuePosition} pictures are`} ahead of yours${left}`;
  const next = Math.min(done + 1, total);
  return total === 1 ? `Painting the next picture${left}` : `Painting picture ${next} of ${total}${left}`;
}

function remaining(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 1) return "a moment left";
  return seconds < 90 ? `about ${seconds} s left` : `about ${Math.round(seconds / 60)} min left`;
}

export function ProgressBar({ progress }: { progress: Progress }) {
  const percent = Math.round(progress.fraction * 100);
  return (
    <div className="grid w-full max-w-sm gap-2 text-center">
      {/* Not live: a screen reader would hear every change. The bar can be asked. */}
      <p className="font-medium">{progressSentence(progress)}</p>
      <div
        role="progressbar"
        aria-label="Pictures are being painted"
        aria-valuenow={percent}
        aria-valuetext={progressSentence(progress)}
        className="h-2 overflow-hidden rounded-full bg-sunken"
      >
        <div
          className="h-full rounded-full bg-accent transition-[width] duration-300"
          style={{ width: `${Math.max(4, percent)}%` }}
        />
      </div>
    </div>
  );
}
