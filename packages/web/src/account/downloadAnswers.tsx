/** @file One's own answers as a file. */
import { Icon } from "../shell/icons.tsx";

/** A link to the file that the server makes of them; works without a consent. */
export function DownloadAnswers() {
  return (
    <a href="/api/history/export" download className="button button-plain">
      <Icon name="download" size={18} />
      Download my answers
    </a>
  );
}
