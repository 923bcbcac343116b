/** @file What the server does with connections: refusals below HTTP, limits, and event streams. No socket is opened. */
import { EventEmitter } from "node:events";
import { describe, expect, test, vi } from "vitest";
import type { App } from "../../src/http/app.ts";
import { streamState } from "../../src/http/eventStream.ts";
import { tooDeep } from "../../src/http/foundation.ts";
import { answerOddRequests, limitConnections, timeLimits } from "../../src/http/limits.ts";
import { Streams } from "../../src/http/streams.ts";
import type { RoundNews } from "../../src/rounds/changes.ts";

/** A socket that notes what is done to it. */
function socketOf(more: object = {}) {
  const socket = Object.assign(new EventEmitter(), {
    writable: true,
    remoteAddress: "1.1.1.1",
    text: "",
    destroyed: 0,
    write: (text: string) => void Object.assign(socket, { text: socket.text + text }),
    destroy: () => void socket.destroyed++,
    destroySoon: () => void socket.destroyed++,
    ...more,
  });
  return socket;
}

/** A server with no more than these functions use. */
function serverOf() {
  const server = Object.assign(new EventEmitter(), { maxConnections: 0 });
  return { server, app: { server } as never as App };
}

/** Splits a reply that was written to a socket into its first line, its headers and its error. */
function replyOf(text: string) {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const [line, ...headers] = head.split("\r\n");
  expect(headers).toEqual([
    "connection: close",
    "content-type: application/json; charset=utf-8",
    "cache-control: no-store",
    `content-length: ${Buffer.byteLength(body)}`,
  ]);
  const { error } = JSON.parse(body);
  expect(error.message).toMatch(/\.$/);
  return [line, error.status, error.code];
}

describe("a request that is no HTTP", () => {
  const { clientErrorHandler } = timeLimits({ requestTimeoutMs: 5_000 });
  const failing = (code?: string, socket = socketOf()) => {
    clientErrorHandler(Object.assign(new Error("no"), { code }), socket as never);
    return socket;
  };

  test.each([
    ["ERR_HTTP_REQUEST_TIMEOUT", "HTTP/1.1 408 Request Timeout", 408, "PICKAPIC_REQUEST_SLOW"],
    ["HPE_HEADER_OVERFLOW", "HTTP/1.1 431 Request Header Fields Too Large", 431, "PICKAPIC_HEADERS_TOO_LARGE"],
    ["HPE_INVALID_METHOD", "HTTP/1.1 400 Bad Request", 400, "PICKAPIC_REQUEST_MALFORMED"],
    [undefined, "HTTP/1.1 400 Bad Request", 400, "PICKAPIC_REQUEST_MALFORMED"],
  ])("is answered by the error that %s means, and closed", (code, ...reply) => {
    const socket = failing(code);
    expect(replyOf(socket.text)).toEqual(reply);
    expect(socket.destroyed).toBe(1);
  });

  test("is only closed where nobody reads the answer", () => {
    for (const socket of [failing("ECONNRESET"), failing("HPE_INVALID_METHOD", socketOf({ writable: false }))])
      expect([socket.text, socket.destroyed]).toEqual(["", 1]);
  });

  test("has as long as the settings say, for its headers and in all", () => {
    expect(timeLimits({ requestTimeoutMs: 5_000 })).toEqual({
      clientErrorHandler,
      requestTimeout: 5_000,
      http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000, requireHostHeader: false },
    });
  });

  test("such as an unknown Expect or a CONNECT is refused", () => {
    const { server, app } = serverOf();
    answerOddRequests(app);
    const [expecting, connecting] = [socketOf(), socketOf()];
    server.emit("checkExpectation", { socket: expecting });
    server.emit("connect", {}, connecting);
    expect(replyOf(expecting.text)).toEqual(["HTTP/1.1 417 Expectation Failed", 417, "PICKAPIC_EXPECTATION_UNKNOWN"]);
    expect(replyOf(connecting.text)).toEqual(["HTTP/1.1 400 Bad Request", 400, "PICKAPIC_REQUEST_MALFORMED"]);
  });
});

describe("connections", () => {
  const connecting = (trustProxy: false | number) => {
    const { server, app } = serverOf();
    limitConnections(app, { connectionLimit: 9, addressConnectionLimit: 2, trustProxy });
    expect(server.maxConnections).toBe(9);
    return (remoteAddress: string | undefined) => {
      const socket = socketOf({ remoteAddress });
      server.emit("connection", socket);
      return socket;
    };
  };
  const isOpen = (socket: ReturnType<typeof socketOf>) => socket.destroyed === 0;

  test("are limited per network; one that closes makes room, one that was refused does not", () => {
    const connect = connecting(false);
    const [first, second] = [connect("1.1.1.1"), connect("::ffff:1.1.1.1")];
    expect([first, second].map(isOpen)).toEqual([true, true]);
    const refused = connect("1.1.1.1");
    refused.emit("close");
    expect([isOpen(refused), isOpen(connect("1.1.1.1"))]).toEqual([false, false]);
    expect(isOpen(connect("2.2.2.2"))).toBe(true);
    first.emit("close");
    expect([connect("1.1.1.1"), connect("1.1.1.1")].map(isOpen)).toEqual([true, false]);
    second.emit("close");
    second.emit("close");
    expect([connect("1.1.1.1"), connect("1.1.1.1")].map(isOpen)).toEqual([true, false]);
  });

  test("without an address count as one network; all that closed leave nothing behind", () => {
    const connect = connecting(false);
    const open = [connect(undefined), connect(undefined)];
    expect(isOpen(connect(undefined))).toBe(false);
    for (const socket of open) socket.emit("close");
    expect([1, 2, 3].map(() => isOpen(connect(undefined)))).toEqual([true, true, false]);
  });

  test("of a proxy are limited in all only", () => {
    const connect = connecting(1);
    expect([1, 2, 3, 4].map(() => isOpen(connect("1.1.1.1")))).toEqual([true, true, true, true]);
  });
});

test("a body may have 20 levels of lists and objects, and no more", () => {
  const nested = (levels: number, inner: unknown = 1) => {
    let body = inner;
    for (let i = 0; i < levels; i++) body = i % 2 ? [0, body] : { a: null, b: body };
    return body;
  };
  for (const body of [1, null, "x", undefined, nested(20), nested(20, null)]) expect(tooDeep(body)).toBeNull();
  expect(tooDeep(nested(21))).toMatchObject({
    code: "PICKAPIC_BODY_INVALID",
    message: "The body of a request may have at most 20 levels, and this one has more.",
  });
});

describe("an event stream", () => {
  const limits = { userStreamLimit: 1, addressStreamLimit: 9, streamLimit: 9, heartbeatMs: 60_000 };
  const open = (load: () => Promise<object>, streams = new Streams(limits, async () => new Set<string>(), vi.fn())) => {
    const raw = Object.assign(new EventEmitter(), {
      writableEnded: false,
      destroyed: false,
      head: {},
      text: "",
      writeHead: (status: number, headers: object) => void Object.assign(raw, { head: { status, ...headers } }),
      write: (text: string) => void Object.assign(raw, { text: raw.text + text }),
      end: () => void Object.assign(raw, { writableEnded: true }),
    });
    const reply = { raw, hijack: vi.fn(), getHeaders: () => ({ "x-frame-options": "DENY", "x-none": undefined }) };
    const warn = vi.fn();
    const listeners = new Set<(news: RoundNews) => void>();
    const subscribe = (listener: (news: RoundNews) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    };
    const change = (news: RoundNews = "state") => {
      for (const listener of listeners) listener(news);
    };
    const person = { id: "u", session: "s" } as never;
    const opened = streamState({ ip: "1.1.1.1", log: { warn } } as never, reply as never, { load, subscribe, streams, person });
    return { raw, reply, warn, listeners, streams, change, opened };
  };
  const settled = () => new Promise(setImmediate);

  test("sends the state at once and after each change, with the headers of every reply and those of a stream", async () => {
    let state = 0;
    const { raw, reply, change, streams, listeners, opened } = open(async () => ({ state: state++ }));
    await opened;
    expect(reply.hijack).toHaveBeenCalledOnce();
    expect(raw.head).toEqual({
      status: 200,
      "x-frame-options": "DENY",
      connection: "close",
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    change();
    await settled();
    expect(raw.text).toBe('data: {"state":0}\n\ndata: {"state":1}\n\n');
    const refused = open(async () => ({}), streams);
    await expect(refused.opened).rejects.toMatchObject({ code: "PICKAPIC_STREAMS_SHARE" });
    expect([refused.listeners.size, refused.reply.hijack.mock.calls]).toEqual([0, []]);
    raw.emit("close");
    expect(listeners.size).toBe(0);
    await open(async () => ({}), streams).opened;
    streams.close();
  });

  test("of a client that leaves while the state is first read holds no subscription and counts as no stream", async () => {
    let tell = (_state: object) => {};
    const { raw, reply, listeners, streams, opened } = open(() => new Promise((done) => (tell = done)));
    Object.assign(raw, { destroyed: true }).emit("close");
    tell({});
    await opened;
    expect([listeners.size, raw.text]).toEqual([0, ""]);
    // Otherwise the framework would answer.
    expect(reply.hijack).toHaveBeenCalledOnce();
    await open(async () => ({}), streams).opened;
    streams.close();
  });

  test("loads once more for all changes that come while it loads, and sends nothing after its end", async () => {
    const loads: (() => void)[] = [];
    const { raw, change, streams } = open(() => new Promise((done) => loads.push(() => done({}))));
    change();
    change();
    expect(loads).toHaveLength(1);
    loads[0]?.();
    await settled();
    expect(loads).toHaveLength(2);
    change();
    change();
    loads[1]?.();
    await settled();
    expect(loads).toHaveLength(3);
    loads[2]?.();
    await settled();
    expect(loads).toHaveLength(3);
    change();
    streams.endSession("other");
    expect(raw.writableEnded).toBe(false);
    streams.endSession("s");
    expect(raw.writableEnded).toBe(true);
    loads[3]?.();
    await settled();
    expect(raw.text).toBe("data: {}\n\ndata: {}\n\ndata: {}\n\n");
    streams.close();
  });

  test("sends progress half a second later, and at once with other news", async () => {
    vi.useFakeTimers();
    try {
      let loads = 0;
      const { raw, change, streams, opened } = open(async () => ({ loads: ++loads }));
      await opened;
      change("progress");
      await vi.advanceTimersByTimeAsync(499);
      change("progress");
      expect(loads).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(loads).toBe(2);
      change("progress");
      change("state");
      await vi.advanceTimersByTimeAsync(1_000);
      expect(loads).toBe(3);
      change("progress");
      raw.emit("close");
      await vi.advanceTimersByTimeAsync(1_000);
      expect(loads).toBe(3);
      streams.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test("ends with its person, with its session or with the server, and there is room for so many only", () => {
    const streams = new Streams({ ...limits, addressStreamLimit: 2, streamLimit: 3 }, async () => new Set<string>(), vi.fn());
    const ended: string[] = [];
    const add = (name: string, address: string) =>
      streams.add({ person: name, session: `${name}-session`, address, beat: () => {}, end: () => void ended.push(name) });
    const refused = (code: string) => expect.objectContaining({ code });
    const close = add("a", "1.1.1.1");
    expect(() => add("a", "3.3.3.3")).toThrow(refused("PICKAPIC_STREAMS_SHARE"));
    add("b", "::ffff:1.1.1.1");
    expect(() => add("c", "1.1.1.1")).toThrow(refused("PICKAPIC_STREAMS_ADDRESS"));
    add("c", "2.2.2.2");
    expect(() => add("d", "3.3.3.3")).toThrow(refused("PICKAPIC_STREAMS_FULL"));
    streams.endPerson("b");
    streams.endSession("c-session");
    expect(ended).toEqual(["b", "c"]);
    close();
    add("d", "3.3.3.3");
    streams.close();
    expect(ended).toEqual(["b", "c", "b", "c", "d"]);
  });

  test("that is opened while the sessions are asked for is not ended for not being among them", async () => {
    vi.useFakeTimers();
    try {
      const answers: ((live: Set<string>) => void)[] = [];
      const find = () => new Promise<Set<string>>((done) => answers.push(done));
      const streams = new Streams({ ...limits, userStreamLimit: 9, heartbeatMs: 10 }, find, vi.fn());
      const ended: string[] = [];
      const add = (session: string) =>
        streams.add({ person: session, session, address: "1.1.1.1", beat: () => {}, end: () => void ended.push(session) });
      add("live");
      add("gone");
      await vi.advanceTimersByTimeAsync(10);
      add("late");
      answers[0]?.(new Set(["live"]));
      await vi.advanceTimersByTimeAsync(1);
      expect(ended).toEqual(["gone"]);
      streams.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test("ends when the state cannot be loaded, and says why in the log", async () => {
    const error = new Error("database away");
    let isAway = false;
    const load = async () => {
      if (isAway) throw error;
      return {};
    };
    const { raw, warn, streams, change, opened } = open(load);
    await opened;
    isAway = true;
    change();
    await settled();
    expect([raw.writableEnded, warn.mock.calls]).toEqual([true, [[error]]]);
    const unknown = open(load, streams);
    await expect(unknown.opened).rejects.toBe(error);
    expect([unknown.listeners.size, unknown.reply.hijack.mock.calls]).toEqual([0, []]);
    streams.endPerson("u");
    streams.close();
  });

  test("is kept open by a comment at each heartbeat, and ends with its session", async () => {
    vi.useFakeTimers();
    try {
      const asked: unknown[] = [];
      let live = new Set(["s"]);
      const find = async (sessions: readonly string[]) => {
        asked.push(sessions);
        return live;
      };
      const streams = new Streams({ ...limits, heartbeatMs: 10 }, find, vi.fn());
      await vi.advanceTimersByTimeAsync(10);
      expect(asked).toEqual([]);
      const { raw, opened } = open(async () => ({}), streams);
      await opened;
      await vi.advanceTimersByTimeAsync(10);
      expect([raw.text, raw.writableEnded, asked]).toEqual(["data: {}\n\n: still here\n\n", false, [["s"]]]);
      live = new Set();
      await vi.advanceTimersByTimeAsync(10);
      expect(raw.writableEnded).toBe(true);
      streams.close();
      await vi.advanceTimersByTimeAsync(50);
      expect(asked).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
