/** @file The frame of a page with text: limited in width for reading, with a margin. */
import type { ReactNode } from "react";

/** Frames every page but the judging area, whose pictures take the whole window. */
export function Page({ children }: { children: ReactNode }) {
  return (
    <div className="mx-auto flex w-full max-w-6xl grow flex-col px-4 pt-4 pb-[max(1rem,env(safe-area-inset-bottom))] sm:px-6">
      {children}
    </div>
  );
}
