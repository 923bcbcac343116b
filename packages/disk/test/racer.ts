/** @file A process of the lock's test: takes the lock that it is told of, says whether it got it, and gives it back when told. */
import { type HeldLock, takeLock } from "../src/index.ts";

let lock: HeldLock | null = null;

process.on("message", async (message: { take: string } | "release") => {
  if (message === "release") {
    await lock?.release();
    lock = null;
    process.send?.("released");
    return;
  }
  const taken = await takeLock(message.take);
  lock = "lock" in taken ? taken.lock : null;
  process.send?.(lock !== null);
});
process.send?.("ready");
