/** @file The frame of a page that is read: as wide as text is pleasant to read, with air around it. */
import type { ReactNode } from "react";

/** The judging area is the one page without it: pictures want the whole window. */
export function Page({ children }: { children: ReactNode }) {
  return (
    <div className="mx-auto flex w-full max-w-6xl grow flex-col px-4 pt-4 pb-[max(1rem,env(safe-area-inset-bottom))] sm:px-6">
      {children}
    </div>
  );
}
