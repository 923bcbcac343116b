/** @file Scrolls to the top when a view replaces another one at the same address. */
import { useLayoutEffect } from "react";

/** Scrolls to the top when the component is mounted. The router does so only for a new address. */
export function useStartAtTop(): void {
  useLayoutEffect(() => {
    // Newer browsers return a promise here, which React would take for a clean-up function.
    void scrollTo(0, 0);
  }, []);
}
