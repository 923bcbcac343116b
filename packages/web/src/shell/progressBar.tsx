/** @file The bar that shows how far pictures are. */

/** The smallest filled width of the bar, in per cent, so that it is visible as a bar. */
const LEAST_PERCENT = 4;

/** A progress bar. `fraction` is what is finished, 0...1; `sentence` is its text for screen readers. */
export function ProgressBar({ fraction, sentence }: { fraction: number; sentence: string }) {
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
