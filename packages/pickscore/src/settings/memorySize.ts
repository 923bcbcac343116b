/** @file The setting `memory`: how many bytes training may take. Light, because the command line reads it at every start. */
import { totalmem } from "node:os";

/** Sizes that `parseMemory` reads besides the two words. */
const SIZE = /^(\d+(?:\.\d+)?)\s*(GiB|MiB|GB|MB)$/i;
const UNITS: Readonly<Record<string, number>> = { gib: 2 ** 30, mib: 2 ** 20, gb: 1e9, mb: 1e6 };

/** Of the machine's memory, for "auto": the rest is for the system and other programs. */
const OWN_SHARE = 0.85;

/** Bytes of the machine, or of the container that this process runs in. */
function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

export const isMemory = (text: string): boolean => text === "auto" || text === "unlimited" || sizeIn(text) !== null;

/** "20GiB" in bytes; "auto" is most of the machine; null for "unlimited". */
export function parseMemory(text: string, machine: () => number = machineMemory): number | null {
  return text === "auto" ? OWN_SHARE * machine() : sizeIn(text);
}

/** At least a byte; null for what is not a size. */
function sizeIn(text: string): number | null {
  const [, count, unit = ""] = SIZE.exec(text.trim()) ?? [];
  const bytes = Number(count) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  return bytes > 0 ? bytes : null;
}

export const inGiB = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
