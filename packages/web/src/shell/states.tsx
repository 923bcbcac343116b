/** @file The states of a page without content: loading, empty, failed; and the title of a page. */
import type { ReactNode } from "react";
import { sentenceOf, Unreachable } from "../http/client.ts";
import { Icon, type IconName } from "./icons.tsx";

/** Says that `what`, such as "The leaderboard", is loading, above grey shapes of the page. */
export function Loading({ what }: { what: string }) {
  return (
    <div className="mx-auto grid w-full max-w-3xl gap-4 py-6">
      <p role="status" className="text-muted">
        {what} is loading…
      </p>
      <div className="skeleton h-10 w-1/2" aria-hidden="true" />
      <div className="skeleton h-32" aria-hidden="true" />
      <div className="skeleton h-32" aria-hidden="true" />
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  /** "h1" where it is the whole page. */
  level?: "h1" | "h2";
  children: ReactNode;
}

/** Says that there is nothing here yet. `children` tell the person what to do. */
export function Empty({ icon, title, level: Heading = "h2", children }: EmptyProps) {
  return (
    <div className="mx-auto grid max-w-md grid-cols-[minmax(0,1fr)] justify-items-center gap-3 py-16 text-center">
      <span className="grid size-16 place-items-center rounded-full bg-accent-soft text-accent">
        <Icon name={icon} size={30} />
      </span>
      <Heading className="text-2xl font-bold">{title}</Heading>
      <div className="grid justify-items-center gap-4 wrap-anywhere text-muted">{children}</div>
    </div>
  );
}

/** Says in a sentence what went wrong, with a button to try again. */
export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  const offline = error instanceof Unreachable;
  return (
    <div role="alert" className="mx-auto grid max-w-md grid-cols-[minmax(0,1fr)] justify-items-center gap-3 py-16 text-center">
      <span className="grid size-16 place-items-center rounded-full bg-warn-soft text-warn">
        <Icon name={offline ? "cloudOff" : "warning"} size={30} />
      </span>
      <h2 className="text-2xl font-bold">{offline ? "No connection" : "That did not work"}</h2>
      <p className="wrap-anywhere text-muted">{sentenceOf(error)}</p>
      <button type="button" className="button button-plain mt-2" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

/** The heading of a page, with a sentence or two about it. */
export function PageTitle({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="mt-2 mb-6 grid grid-cols-[minmax(0,1fr)] gap-1.5 sm:mt-6">
      <h1 className="text-3xl font-extrabold sm:text-4xl">{title}</h1>
      {children && <p className="max-w-2xl text-muted">{children}</p>}
    </div>
  );
}
