/** @file What a page shows when there is nothing to show: not yet, nothing, or something went wrong. */
import type { ReactNode } from "react";
import { sentenceOf, Unreachable } from "../http/client.ts";
import { Icon, type IconName } from "./icons.tsx";

export function Loading({ what }: { what: string }) {
  return (
    <div role="status" className="mx-auto grid w-full max-w-3xl gap-4 py-6">
      <span className="sr-only">{what} is loading…</span>
      <div className="skeleton h-10 w-1/2" />
      <div className="skeleton h-32" />
      <div className="skeleton h-32" />
    </div>
  );
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children: ReactNode }) {
  return (
    <div className="mx-auto grid max-w-md justify-items-center gap-3 py-16 text-center">
      <span className="grid size-16 place-items-center rounded-full bg-accent-soft text-accent">
        <Icon name={icon} size={30} />
      </span>
      <h2 className="text-2xl font-bold">{title}</h2>
      <div className="grid justify-items-center gap-4 text-muted">{children}</div>
    </div>
  );
}

export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  const offline = error instanceof Unreachable;
  return (
    <div role="alert" className="mx-auto grid max-w-md justify-items-center gap-3 py-16 text-center">
      <span className="grid size-16 place-items-center rounded-full bg-warn-soft text-warn">
        <Icon name={offline ? "cloudOff" : "warning"} size={30} />
      </span>
      <h2 className="text-2xl font-bold">{offline ? "No connection" : "That did not work"}</h2>
      <p className="text-muted">{sentenceOf(error)}</p>
      <button type="button" className="button button-plain mt-2" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

export function PageTitle({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="mt-2 mb-6 grid gap-1.5 sm:mt-6">
      <h1 className="text-3xl font-extrabold sm:text-4xl">{title}</h1>
      {children && <p className="max-w-2xl text-muted">{children}</p>}
    </div>
  );
}
