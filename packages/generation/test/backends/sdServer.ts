/**
 * @file Stands in for stable-diffusion.cpp's server program: `node sdServer.ts PORT [LOG]`. It answers as the contract does, and dies of the prompt "out of
 * memory" as a program does that has no memory left. With LOG it writes its starts and the signals that it gets into that file, and does not end with SIGTERM.
 */

import { appendFileSync } from "node:fs";
import { sdcppContract } from "./contracts/sdcpp.ts";
import { type Asked, startContract } from "./server.ts";

const [port, log] = process.argv.slice(2);
if (log !== undefined) {
  appendFileSync(log, "start\n");
  process.on("SIGTERM", () => appendFileSync(log, "SIGTERM\n"));
}

const isDeadly = ({ body }: Asked) =>
  typeof body === "object" && body !== null && "prompt" in body && body.prompt === "out of memory";

await startContract(
  {
    ...sdcppContract,
    open(picture) {
      const answer = sdcppContract.open(picture);
      return (asked) => {
        if (!isDeadly(asked)) return answer(asked);
        console.error("loading flux.gguf\n\nthe key is secret-of-the-test\nCUDA error: out of memory");
        process.exit(3);
      };
    },
  },
  Number(port),
);
