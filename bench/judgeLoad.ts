/**
 * @file The callers of bench/judge.ts, in a process of their own: plain sockets that send prepared bytes, so that little but the judge's own work is
 * measured. A question's time is that from the first byte sent to the last byte of the reply read. Each caller asks, waits for the reply, and asks
 * again.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What the callers do. */
export interface Load {
  /** The judge's URL. */
  readonly url: string;
  /** The body of every question, JSON in base64. */
  readonly body: string;
  readonly callers: number;
  /** Questions of all callers together. */
  readonly questions: number;
}

/** The times of one question, ms. */
export interface Asked {
  /** Until the reply was there. */
  readonly totalMs: number;
  /** That it waited while the scorer was full, by Server-Timing: waiting for the inference of others. */
  readonly queueMs: number;
  /** That the scorer had it, by Server-Timing. */
  readonly scoreMs: number;
  /** Whether it was its caller's first, sent at the same moment as those of all other callers. */
  readonly isFirst: boolean;
}

/** Reads the header Server-Timing of a reply. */
export function timesOf(head: string): Pick<Asked, "queueMs" | "scoreMs"> {
  const [, wait, fill, score] = /wait;dur=([\d.]+), fill;dur=([\d.]+), score;dur=([\d.]+)/.exec(head) ?? [];
  return { queueMs: Number(wait) - Number(fill), scoreMs: Number(score) };
}

/** What came of a load. */
export interface LoadReport {
  readonly asked: Asked[];
  readonly seconds: number;
  /** Processor time of this process, ms a question. */
  readonly ownMs: number;
}

const HEAD_END = Buffer.from("\r\n\r\n");

/** Reads one reply with a Content-Length, and returns its head. */
async function readReply(socket: Socket): Promise<string> {
  let reply = Buffer.alloc(0);
  while (true) {
    const [chunk]: Buffer[] = await once(socket, "data");
    reply = Buffer.concat([reply, chunk ?? Buffer.alloc(0)]);
    const end = reply.indexOf(HEAD_END);
    if (end < 0) continue;
    const head = reply.toString("latin1", 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (reply.length < end + HEAD_END.length + length) continue;
    if (!head.startsWith("HTTP/1.1 200")) throw new Error(reply.toString());
    return head;
  }
}

async function ask(socket: Socket, request: Buffer, isFirst: boolean): Promise<Asked> {
  const start = performance.now();
  socket.write(request);
  const head = await readReply(socket);
  return { totalMs: performance.now() - start, ...timesOf(head), isFirst };
}

async function run({ url, body, callers, questions }: Load): Promise<LoadReport> {
  const { hostname, port, host } = new URL(url);
  const bytes = Buffer.from(body, "base64");
  const head = `POST /api/score HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  const request = Buffer.concat([Buffer.from(head), bytes]);
  const sockets = await Promise.all(
    Array.from({ length: callers }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, "connect");
      return socket;
    }),
  );
  const asked: Asked[] = [];
  let left = questions;
  const cpu = process.cpuUsage();
  const start = performance.now();
  await Promise.all(
    sockets.map(async (socket) => {
      for (let isFirst = true; left-- > 0; isFirst = false) asked.push(await ask(socket, request, isFirst));
      socket.end();
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { asked, seconds, ownMs: (user + system) / 1000 / asked.length };
}

process.on("message", async (load: Load) => process.send?.(await run(load)));
