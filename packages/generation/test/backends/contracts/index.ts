/** @file Every contract by the kind of backend, or the variant of a kind, that it is for. */

import type { Contract } from "../server.ts";
import { a1111Contract } from "./a1111.ts";
import { aiSdkContract, falContract } from "./aiSdk.ts";
import { comfyContract, rawComfyContract } from "./comfy.ts";
import { openaiContract } from "./openai.ts";
import { originalContract } from "./original.ts";
import { sdcppContract } from "./sdcpp.ts";

export const CONTRACTS = {
  openai: openaiContract,
  a1111: a1111Contract,
  sdcpp: sdcppContract,
  comfy: comfyContract,
  "comfy, raw": rawComfyContract,
  "aiSdk, openai": aiSdkContract,
  "aiSdk, fal": falContract,
  original: originalContract,
} satisfies Record<string, Contract>;
