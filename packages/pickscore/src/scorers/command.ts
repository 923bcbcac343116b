/** @file A scorer in a program of the user, which reads requests and writes replies as lines of JSON. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { endGroup, endWithThisProcess } from "@pickapic/disk";
import { PickScoreError } from "../errors.ts";
import { type Ask, inBatches, withinTime } from "./external.ts";
import { openImageFiles } from "./imageFiles.ts";
import { after, type ScorerKind } from "./kind.ts";
import { type Reply, type Request, replyOf, requestOf } from "./protocol.ts";
import { methodsOf } from "./scorer.ts";

/** The first reply may take so many times longer than the others, because programs load their model before it. */
const FIRST_TIMES = 5;

/** A program that answers the protocol of docs/scorers.md on its standard input and output. It is started when it is first needed. */
export const commandKind: ScorerKind = {
  usesCores: true,
  argumentOf: after("command:"),
  async open(command, options) {
    if (command.trim() === "")
      throw new PickScoreError("PICKAPIC_SCORER_NAME", "command:", "expected a command line after command:");
    const { timeoutMs = 60_000, signal, send = "paths" } = options;
    const name = `command:${command}`;
    const files = send === "paths" ? openImageFiles() : null;
    let program: Program | undefined;
    let identity = "its version is not told by the program";
    let calls = 0;
    let answered = false;
    let closed = false;
    const ask: Ask = async (images) => {
      const request = await requestOf(++calls, images, files);
      // After close, this call would start a program that is never ended.
      if (closed) throw new PickScoreError("PICKAPIC_SCORER_CLOSED", name);
      if (!program?.alive) program = start(command, name);
      const running = program;
      const time = { timeoutMs: answered ? timeoutMs : FIRST_TIMES * timeoutMs, signal };
      try {
        const { answers, scorer } = await withinTime(name, time, () => running.ask(request));
        answered = true;
        identity = scorer ?? identity;
        return answers;
      } catch (error) {
        // A program that is stuck would not answer the next request either.
        if (error instanceof PickScoreError && error.code === "PICKAPIC_SCORER_TIMEOUT") running.kill(error);
        throw error;
      }
    };
    return {
      name,
      ...methodsOf(inBatches(ask, { ...options, name })),
      identify: async () => identity,
      async close() {
        closed = true;
        program?.kill();
        await files?.close();
      },
    };
  },
};

interface Program {
  readonly alive: boolean;
  ask(request: Request): Promise<Reply>;
  /** Ends the program. @param why the error of the calls that wait for it; by default it says how the program ended */
  kill(why?: Error): void;
}

/** Starts a program by the shell of the system. What it writes to standard error goes to the terminal. */
function start(command: string, name: string): Program {
  const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"], detached: process.platform !== "win32" });
  endWithThisProcess(child);
  const waiting = new Map<number, PromiseWithResolvers<Reply>>();
  let alive = true;
  const fail = (error: Error) => {
    alive = false;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  child.on("error", fail);
  child.on("close", (code, killed) => fail(new Error(`the program ended (${killed ?? `exit code ${code}`})`)));
  // A pipe that breaks is reported by the end of the program.
  child.stdin.on("error", () => {});
  createInterface({ input: child.stdout }).on("line", (line) => {
    // Libraries of the program may print lines to standard output that are no replies.
    if (line.trimStart().startsWith("{")) settle(line, name, waiting);
  });
  return {
    get alive() {
      return alive;
    },
    ask(request) {
      const answer = Promise.withResolvers<Reply>();
      waiting.set(request.id, answer);
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return answer.promise;
    },
    kill(why) {
      if (why) fail(why);
      endGroup(child, "SIGKILL");
    },
  };
}

/** Hands a reply to the request with its id; a reply without one belongs to the oldest request. */
function settle(line: string, name: string, waiting: Map<number, PromiseWithResolvers<Reply>>): void {
  const [oldest] = waiting.keys();
  try {
    const reply = replyOf(line, name);
    const id = reply.id ?? oldest;
    if (id === undefined) return;
    waiting.get(id)?.resolve(reply);
    waiting.delete(id);
  } catch (error) {
    if (oldest === undefined) return;
    waiting.get(oldest)?.reject(error);
    waiting.delete(oldest);
  }
}
