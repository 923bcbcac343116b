/** @file Tarballs of staged packages, made by npm, and their sizes. */
import { execFileSync } from "node:child_process";

/** A packed package. */
export interface Tarball {
  readonly name: string;
  readonly version: string;
  /** Name of the file, in the folder of the tarballs. */
  readonly filename: string;
  /** Bytes of the tarball. */
  readonly size: number;
  /** Bytes of its files. */
  readonly unpackedSize: number;
  readonly entryCount: number;
}

/** Packs staged packages into `target`. npm decides, as when it publishes, which files are in. */
export function packAll(folders: readonly string[], target: string): Tarball[] {
  const text = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", target, ...folders], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const packed: Tarball[] | Record<string, Tarball> = JSON.parse(text);
  return Object.values(packed);
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1);

/** The table of sizes, in MB of 10^6 bytes. */
export function sizesTable(tarballs: readonly Tarball[]): string {
  const rows = tarballs.map(({ name, version, size, unpackedSize, entryCount }) => [
    `${name}@${version}`,
    megabytes(size),
    megabytes(unpackedSize),
    String(entryCount),
  ]);
  const lines = [["package", "tarball, MB", "installed, MB", "files"], ...rows];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, i) => (i ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join("  "))
    .join("\n");
}
