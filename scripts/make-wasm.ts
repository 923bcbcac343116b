/** @file Makes each .wasm from the .wat beside it. Run after a change of one: npx node scripts/make-wasm.ts */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FEATURES = { simd: true, threads: true, memory64: true, multi_memory: true };

/** Paths of all WebAssembly text files. */
export const programs = (): string[] => globSync("packages/*/src/**/*.wat", { cwd: ROOT }).map((path) => join(ROOT, path));

/** The path of the .wasm file beside a .wat file. */
export const moduleOf = (wat: string): string => wat.replace(/\.wat$/, ".wasm");

/** Translates a .wat file into a WebAssembly module. @throws Error with line and column of a mistake */
export async function assemble(wat: string): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  return parseWat(wat, readFileSync(wat, "utf8"), FEATURES).toBinary({}).buffer;
}

if (import.meta.main) for (const wat of programs()) writeFileSync(moduleOf(wat), await assemble(wat));
