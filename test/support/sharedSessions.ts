/**
 * @file Trainings in one process share the sessions of equal graphs. ONNX Runtime takes half of the processor time of a training of six steps to prepare its
 * sessions, and most trainings of the tests are of the same tiny model. A session has no state but its memory: what it computes depends on what is fed.
 */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { afterAll, beforeAll } from "vitest";

interface Session {
  run(...given: unknown[]): Promise<unknown>;
  release(): Promise<void>;
}

interface Runtime {
  create(model: unknown, options?: object): Promise<Session>;
}

// The runtime that the graph engine uses.
const { InferenceSession } = createRequire(createRequire(import.meta.url).resolve("@pickapic/graph"))("onnxruntime-node") as {
  InferenceSession: Runtime;
};
const { create } = InferenceSession;

/** Graphs of tiny models, whose sessions may stay in memory until the process ends. */
const MOST_BYTES = 1_000_000;

/** Prepared sessions by their graph and options. */
const prepared = new Map<string, Promise<Session>>();

/** Lets the trainings of a test file use sessions that an earlier one prepared. That sessions are released is tested in pickscore/test/run/release.test.ts. */
export function shareSessions(): void {
  beforeAll(() => {
    InferenceSession.create = lend;
  });
  afterAll(() => {
    InferenceSession.create = create;
  });
}

async function lend(model: unknown, options: object = {}): Promise<Session> {
  const words = JSON.stringify(options);
  // Weights beside the graph may be others the next time, and a profile belongs to one session.
  const own = !(model instanceof Uint8Array) || model.length > MOST_BYTES || /external_initializers|enableProfiling/.test(words);
  if (own) return create.call(InferenceSession, model, options);
  const key = createHash("sha256").update(model).update(words).digest("hex");
  const session = prepared.get(key) ?? create.call(InferenceSession, model, options);
  prepared.set(key, session);
  return lentOnce(await session);
}

/** A session that its holder can release, after which it refuses to run, as one of its own would. */
function lentOnce(session: Session): Session {
  let released = false;
  const check = () => {
    if (released) throw new Error("sharedSessions: this session was released before");
  };
  const own = {
    run: async (...given: unknown[]) => {
      check();
      return session.run(...given);
    },
    release: async () => {
      check();
      released = true;
    },
  };
  return Object.assign(Object.create(session) as Session, own);
}
