/**
 * @file Stands in for stable-diffusion.cpp's server program: `node sdServer.ts PORT [LOG]`. It answers as the contract does. With LOG it writes its starts
 * and the signals that it gets into that file, and does not end with SIGTERM.
 */

import { appendFileSync } from "node:fs";
import { sdcppContract } from "./contracts/sdcpp.ts";
import { startContract } from "./server.ts";

const [port, log] = process.argv.slice(2);
if (log !== undefined) {
  appendFileSync(log, "start\n");
  process.on("SIGTERM", () => appendFileSync(log, "SIGTERM\n"));
}

await startContract(sdcppContract, Number(port));
