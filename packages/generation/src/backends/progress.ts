/** @file Progress on which a caller can rely: a share of 0 ... 1 that never falls. */

/**
 * Returns a callback for the progress that a server tells. The server may begin at 0 again with each node of a workflow, and
 * AUTOMATIC1111 says 0 once the picture is done. Only what is more than all before it is passed on.
 */
export function rising(onProgress: (fraction: number) => void): (fraction: number) => void {
  let most = -1;
  return (fraction) => {
    const share = Math.min(1, Math.max(0, fraction));
    if (!(share > most)) return;
    most = share;
    onProgress(share);
  };
}
