/** @file Starts a scoring process and calls it. Each reply goes to its caller; when the process dies, all waiting calls are rejected. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { availableParallelism, getPriority, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { PickScoreError } from "../errors.ts";
import { openFrames, takeBytes, writeFrame } from "./frames.ts";
import { type Calls, CHANNEL, type Method, type Reply, type Request, unpackError } from "./protocol.ts";

const CHILD = fileURLToPath(new URL("./serviceChild.ts", import.meta.url));
/** How long a child may take to end before it is killed, in ms. */
const GRACE = 2000;

/**
 * Threads of Node's pool in a scoring process, which decode pictures: no more than it has cores. More make it no faster, and the process that answers
 * callers waits longer for a core.
 */
const DECODERS = Math.min(4, availableParallelism());

/** The niceness of a process that stands back behind all others. */
const MOST_NICENESS = 19;

/** A child process that scores. Calls may overlap. When it dies, each waiting call is rejected with PICKAPIC_SCORER_DIED. */
export interface ServiceProcess {
  readonly alive: boolean;
  readonly pid: number | undefined;
  /** Calls the process. Bytes of pictures are not copied: they must not change before the reply. */
  call<M extends Method>(method: M, input: Calls[M]["input"]): Promise<Calls[M]["output"]>;
  /** Ends the process, and kills it when it does not end in time. Resolves when it is gone. */
  close(): Promise<void>;
}

type Waiting = { resolve(output: Calls[Method]["output"]): void; reject(error: Error): void };

/** Starts the child process. It ends on `close`, or when this process ends. @param niceness how far it stands back behind this process, 0 ... 19 */
export function startProcess(niceness = 0): ServiceProcess {
  const child = spawn(process.execPath, [CHILD], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    env: { UV_THREADPOOL_SIZE: String(DECODERS), ...process.env },
  });
  // At once, because a thread has the niceness of the thread that starts it. A process without an id did not start, and says so by its own event.
  if (niceness > 0 && child.pid !== undefined) setPriority(child.pid, Math.min(MOST_NICENESS, getPriority() + niceness));
  const waiting = new Map<number, Waiting>();
  let alive = true;
  let calls = 0;
  const die = (what: string) => {
    alive = false;
    for (const { reject } of waiting.values()) reject(died(what));
    waiting.clear();
  };
  child.on("error", (error) => die(error.message));
  child.on("exit", (code, signal) => die(signal ? `killed by ${signal}` : `exit code ${code}`));
  const channel = openChannel(child, (reply) => settle(reply, waiting));
  return {
    get alive() {
      return alive;
    },
    pid: child.pid,
    call(method, input) {
      const { promise, resolve, reject } = Promise.withResolvers<Calls[Method]["output"]>();
      const id = calls++;
      if (channel) writeFrame(channel, { id, method, input } as Request);
      waiting.set(id, { resolve, reject });
      return promise as Promise<Calls[typeof method]["output"]>;
    },
    close: () => end(child, channel),
  };
}

/** The socket to a process; null for one that did not start for want of file descriptors, which its own event reports. */
function openChannel({ stdio }: Partial<ChildProcess>, onReply: (reply: Reply) => void): Socket | null {
  const channel = stdio?.[CHANNEL];
  if (!(channel instanceof Socket)) return null;
  const replies = openFrames((reply) => onReply(reply as Reply));
  channel.on("data", (bytes: Buffer) => takeBytes(replies, bytes));
  // A channel that breaks is reported by the end of the process.
  return channel.on("error", () => {});
}

function settle(reply: Reply, waiting: Map<number, Waiting>): void {
  const caller = waiting.get(reply.id);
  waiting.delete(reply.id);
  if ("error" in reply) caller?.reject(unpackError(reply.error));
  else caller?.resolve(reply.output);
}

async function end(child: ChildProcess, channel: Socket | null): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  channel?.destroy();
  const impatience = setTimeout(() => child.kill("SIGKILL"), GRACE);
  await gone;
  clearTimeout(impatience);
}

const died = (what: string) => new PickScoreError("PICKAPIC_SCORER_DIED", what);
