/** @file What is said beside the pictures: trouble, and what the generators did not follow. */
import { Icon } from "../shell/icons.tsx";

/** `warnings`: sentences of the generators about this round. `notice`: what did not go as asked just now. */
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
