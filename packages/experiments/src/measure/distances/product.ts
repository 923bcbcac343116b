/** @file The product of matrices in double precision on ONNX Runtime, which takes a thirtieth of the time of plain TypeScript. */
import { Matrix, type TimesTransposed } from "@pickapic/evaluation";
import { Graph, openSession, type Session } from "@pickapic/graph";

/** Products of this many numbers are faster in plain TypeScript than through the runtime. */
const SMALL = 100_000;
/** Shapes differ only in the last block of a set, so that few sessions are open. */
const MOST_SESSIONS = 12;

/** A product that runs on ONNX Runtime, and how to free it. */
export interface RuntimeProduct {
  readonly product: TimesTransposed;
  close(): Promise<void>;
}

/** Opens a product A B^T. @param threads 0: all processors */
export function openProduct(plain: TimesTransposed, threads = 0): RuntimeProduct {
  const sessions = new Map<string, Session>();
  const sessionFor = async (rows: number, columns: number, inner: number): Promise<Session> => {
    const key = `${rows} ${columns} ${inner}`;
    const session =
      sessions.get(key) ??
      (await openSession(productGraph(rows, columns, inner), { threads: threads || undefined, keepMemory: false }));
    sessions.delete(key);
    sessions.set(key, session);
    const [oldest] = sessions;
    if (oldest && sessions.size > MOST_SESSIONS) {
      sessions.delete(oldest[0]);
      await oldest[1].close();
    }
    return session;
  };
  return {
    async product(a, b) {
      if (a.rows * b.rows * a.columns < SMALL) return plain(a, b);
      const session = await sessionFor(a.rows, b.rows, a.columns);
      const result = new Matrix(a.rows, b.rows);
      await session.run({ a: a.data, b: b.data }, { product: result.data });
      return result;
    },
    async close() {
      for (const session of sessions.values()) await session.close();
      sessions.clear();
    },
  };
}

function productGraph(rows: number, columns: number, inner: number): Graph {
  const g = new Graph("product");
  const a = g.input("a", "float64", [rows, inner]);
  const b = g.input("b", "float64", [columns, inner]);
  g.output("product", g.linear(a, b));
  return g;
}
