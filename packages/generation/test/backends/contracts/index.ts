/** @file Every contract by the kind of backend that it is for. */

import type { KindName } from "../../../src/backends/index.ts";
import type { Contract } from "../server.ts";
import { a1111Contract } from "./a1111.ts";
import { openaiContract } from "./openai.ts";

export const CONTRACTS: Partial<Record<KindName, Contract>> = { openai: openaiContract, a1111: a1111Contract };
