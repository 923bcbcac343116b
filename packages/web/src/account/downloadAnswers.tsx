/** @file A download of the person's own answers. */
import { Icon } from "../shell/icons.tsx";

/** A link to the file, which the server makes. It works without a consent. */
export function DownloadAnswers() {
  return (
    <a href="/api/history/export" download className="button button-plain">
      <Icon name="download" size={18} />
      Download my answers
    </a>
  );
}
