/** @file The public names of the package. */

export { freeBytes, isDiskFull, isSameFolder, makeFolder } from "./folders.ts";
export { endGroup, endWithThisProcess } from "./guard.ts";
export { type HeldLock, type LockHolder, liveHolder, takeLock } from "./lock.ts";
export { isRunning, isZombie } from "./processes.ts";
export { placeholderOf, SIGNATURE_BYTES, type SignatureKind, signatureOf, startOfFile } from "./signature.ts";
export { addFiles, checkWritable, type OpenFile, openWholeFile, replaceFolder, type WholeFile, writeWholeFile } from "./whole.ts";
