/** @file The messages beside the pictures: failed actions, and parts of the prompt that the generators ignored. */
import { Icon } from "../shell/icons.tsx";

/** `warnings`: sentences about parts of the prompt that the generators ignored. `notice`: a sentence about the last action, when it failed. */
export function Notes({ warnings, notice }: { warnings: readonly string[]; notice: string | null }) {
  return (
    <div className="notes">
      {notice && (
        <p role="alert" className="text-center font-medium text-danger">
          {notice}
        </p>
      )}
      {warnings.length > 0 && (
        <ul data-testid="warnings" className="note bg-warn-soft text-sm text-warn">
          {warnings.map((warning) => (
            <li key={warning} className="flex gap-2">
              <Icon name="warning" size={18} />
              <span className="min-w-0 wrap-anywhere" dir="auto">
                {warning}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
