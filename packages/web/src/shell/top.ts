/** @file Where a view begins that takes the place of another one at the same address. */
import { useLayoutEffect } from "react";

/** Scrolls to the top when the component comes: the router does so for a new address only. */
export function useStartAtTop(): void {
  useLayoutEffect(() => {
    // Newer browsers return a promise, which is no clean-up of an effect.
    void scrollTo(0, 0);
  }, []);
}
