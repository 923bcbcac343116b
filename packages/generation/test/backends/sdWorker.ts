/** @file A worker that is to be killed: `node sdWorker.ts MODELS` draws an image with the first model, says so, and goes on. */
import { drawRequest, parsePrompt } from "../../src/index.ts";
import { openRoster } from "../../src/models/index.ts";
import { seeded } from "../toys.ts";

const { backends } = await openRoster(process.argv[2] ?? "", { pollMs: 2 });
await backends[0]?.generate(drawRequest(parsePrompt("a cat"), backends, seeded(1)));
process.stdout.write("drawn\n");
setInterval(() => {}, 1_000);
