/** @file Makes packages/pickscore/src/adamW.wasm from adamW.wat. Run it after a change of the latter. */
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const folder = new URL("../packages/pickscore/src/", import.meta.url);
const features = { simd: true, threads: true, memory64: true, multi_memory: true };

/** The module as bytes. */
export async function makeAdamW(): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const parsed = parseWat("adamW.wat", readFileSync(new URL("adamW.wat", folder), "utf8"), features);
  return parsed.toBinary({}).buffer;
}

if (import.meta.main) writeFileSync(new URL("adamW.wasm", folder), await makeAdamW());
