/** @file Makes adamW.wasm from adamW.wat. Run after a change of the latter: npx node packages/pickscore/src/make-adamw.ts */
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const features = { simd: true, threads: true, memory64: true, multi_memory: true };

/** The module as bytes. */
export async function makeAdamW(): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const parsed = parseWat("adamW.wat", readFileSync(new URL("adamW.wat", import.meta.url), "utf8"), features);
  return parsed.toBinary({}).buffer;
}

if (import.meta.main) writeFileSync(new URL("adamW.wasm", import.meta.url), await makeAdamW());
