/** @file A server in a process of its own, to be killed: `node serverProcess.ts <data folder>`. Prints its address as one line of JSON. */
import { startServer } from "../src/index.ts";
import { fakeBackend } from "./house.ts";

const backend = fakeBackend();
backend.before = () => new Promise((done) => setTimeout(done, 20));
const server = await startServer(
  { dataFolder: process.argv[2], port: 0, backends: [backend], logLevel: "error", imagesAhead: 1, fastestAnswerMs: 0 },
  {},
);
console.log(JSON.stringify({ url: server.url }));
process.once("SIGTERM", () => server.close());
