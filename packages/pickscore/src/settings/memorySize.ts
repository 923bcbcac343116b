/** @file Reads the setting `memory`, which says how many bytes training may take. Imports little, because the command line loads it at every start. */
import { totalmem } from "node:os";

/** A size with its unit, such as "20GiB" or "1.5 GB". */
const SIZE = /^(\d+(?:\.\d+)?)\s*(GiB|MiB|GB|MB)$/i;
const UNITS: Readonly<Record<string, number>> = { gib: 2 ** 30, mib: 2 ** 20, gb: 1e9, mb: 1e6 };

/** The share of the machine's memory that "auto" allows. The rest is for the system and other programs. */
const OWN_SHARE = 0.85;

/** Memory in bytes of the machine, or of the container that this process runs in. */
function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Whether a text is a value of the setting `memory`. */
export const isMemory = (text: string): boolean => text === "auto" || text === "unlimited" || sizeIn(text) !== null;

/** The bytes that "20GiB" or "auto", 85 % of the machine, allows; null, no limit, for "unlimited". */
export function parseMemory(text: string, machine: () => number = machineMemory): number | null {
  return text === "auto" ? OWN_SHARE * machine() : sizeIn(text);
}

/** The bytes of a size, more than 0; null for a text that is not a size. */
function sizeIn(text: string): number | null {
  const [, count, unit = ""] = SIZE.exec(text.trim()) ?? [];
  const bytes = Number(count) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  return bytes > 0 ? bytes : null;
}

/** Bytes as text in GiB with one decimal. */
export const inGiB = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
