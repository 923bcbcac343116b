/** @file Sessions: feeds, preallocated results, memory shared by both, weights in files, failures. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Graph, openSession, type Session } from "../src/index.ts";

async function using<T>(g: Graph, body: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(g, { threads: 2 });
  try {
    return await body(session);
  } finally {
    await session.close();
  }
}

function doubled(size = 4): Graph {
  const g = new Graph("doubled");
  g.output("y", g.mul(g.input("x", "float32", [size]), 2));
  return g;
}

describe("a session", () => {
  test("gives results in new arrays", async () => {
    const { y } = await using(doubled(), (s) => s.run({ x: Float32Array.of(1, 2, 3, 4) }));
    expect(y).toEqual(Float32Array.of(2, 4, 6, 8));
  });

  test("runs on the processor unless told otherwise", async () => {
    expect(await using(doubled(), async (session) => session.device)).toBe("cpu");
  });

  test("writes into the arrays that it is given, views of larger ones too", async () => {
    const memory = new Float32Array(8);
    const y = memory.subarray(2, 6);
    const results = await using(doubled(), (s) => s.run({ x: Float32Array.of(1, 2, 3, 4) }, { y }));
    expect(results.y).toBe(y);
    expect(memory).toEqual(Float32Array.of(0, 0, 2, 4, 6, 8, 0, 0));
  });

  test("writes into some arrays and makes the others", async () => {
    const g = doubled();
    g.output("z", g.add(g.outputs[0]!.value, 1));
    const z = new Float32Array(4);
    const results = await using(g, (s) => s.run({ x: Float32Array.of(1, 2, 3, 4) }, { z }));
    expect([results.y, z]).toEqual([Float32Array.of(2, 4, 6, 8), Float32Array.of(3, 5, 7, 9)]);
    expect(results.z).toBe(z);
  });

  test("copies nothing when all results have an array: a large run takes hardly more memory", async () => {
    const size = 1 << 20;
    const [x, y] = [new Float32Array(size).fill(1), new Float32Array(size)];
    await using(doubled(size), async (session) => {
      await session.run({ x }, { y });
      const before = process.memoryUsage().arrayBuffers;
      for (let i = 0; i < 4; i++) await session.run({ x }, { y });
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(size);
    });
    expect(y.every((n) => n === 2)).toBe(true);
  });

  test("reports a failure in the middle of a run, with and without arrays for the results", async () => {
    const g = new Graph("outside");
    g.output("y", g.gather(g.input("x", "float32", [3]), g.input("i", "int64", [1])));
    const feeds = { x: new Float32Array(3), i: BigInt64Array.of(7n) };
    await using(g, async (session) => {
      await expect(session.run(feeds)).rejects.toThrow("indices element out of data bounds");
      await expect(session.run(feeds, { y: new Float32Array(1) })).rejects.toThrow("indices element out of data bounds");
    });
  });

  test("passes every dtype through, float16 as its bits", async () => {
    const g = new Graph("dtypes");
    const half = g.cast(g.input("x", "float32", [3]), "float16");
    g.output("half", half);
    g.output("back", g.cast(g.input("bits", "float16", [3]), "float64"));
    g.output("large", g.cast(g.greater(g.input("n", "int64", [3]), 1), "int32"));
    g.output("bytes", g.cast(g.input("b", "bool", [3]), "uint8"));
    const results = await using(g, (s) =>
      s.run({
        x: Float32Array.of(1, -2, 0.5),
        bits: Uint16Array.of(0x3c00, 0xc000, 0x3800),
        n: BigInt64Array.of(0n, 1n, 2n),
        b: Uint8Array.of(1, 0, 1),
      }),
    );
    expect(results).toEqual({
      half: Uint16Array.of(0x3c00, 0xc000, 0x3800),
      back: Float64Array.of(1, -2, 0.5),
      large: Int32Array.of(0, 0, 1),
      bytes: Uint8Array.of(1, 0, 1),
    });
  });

  test.each([
    [{}, {}, "doubled: input x is missing"],
    [{ x: new Float32Array(3) }, {}, "doubled: x must be a Float32Array of 4 (float32 [4]); got Float32Array of 3"],
    [{ x: new Float64Array(4) }, {}, "doubled: x must be a Float32Array of 4 (float32 [4]); got Float64Array of 4"],
    [{ x: new Float32Array(4), w: new Float32Array(4) }, {}, "doubled: there is no w; it has x"],
    [{ x: new Float32Array(4) }, { z: new Float32Array(4) }, "doubled: there is no z; it has y"],
    [
      { x: new Float32Array(4) },
      { y: new Float32Array(5) },
      "doubled: y must be a Float32Array of 4 (float32 [4]); got Float32Array of 5",
    ],
  ])("refuses wrong arrays %#", async (feeds, results, message) => {
    await using(doubled(), (session) => expect(session.run(feeds as never, results as never)).rejects.toThrow(message));
  });
});

describe("results over feeds", () => {
  test("are written in place by an elementwise update, as if they were apart", async () => {
    const size = 100_000;
    const g = new Graph("momentum");
    const [p, m, d] = ["p", "m", "d"].map((name) => g.input(name, "float32", [size]));
    const moved = g.add(g.mul(m!, 0.9), d!);
    g.output("m next", moved);
    g.output("p next", g.sub(g.mul(p!, 0.99), g.mul(moved, 0.1)));
    const fresh = () =>
      [3, 5, 7].map((k) => Float32Array.from({ length: size }, (_, i) => Math.sin(k * i))) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
    const [apart, over] = [fresh(), fresh()];
    await using(g, async (session) => {
      for (let step = 0; step < 3; step++) {
        const next = await session.run({ p: apart[0], m: apart[1], d: apart[2] });
        apart[0].set(next["p next"] as Float32Array);
        apart[1].set(next["m next"] as Float32Array);
        await session.run({ p: over[0], m: over[1], d: over[2] }, { "p next": over[0], "m next": over[1] });
      }
    });
    expect(over).toEqual(apart);
  });

  test.each<[string, (g: Graph) => void]>([
    ["the input is read again after the output is written", (g) => g.output("z", g.add(g.outputs[0]!.value, g.inputs[0]!))],
    ["the input is read by a branch of its own", (g) => g.output("z", g.sum(g.inputs[0]!))],
    ["a view of the input is read by a branch of its own", (g) => g.output("z", g.exp(g.reshape(g.inputs[0]!, [2, 2])))],
  ])("are refused when %s", async (_why, more) => {
    const g = doubled();
    more(g);
    const x = new Float32Array(4);
    const message = "doubled: output y may not be written over input x, which is still read then; give it an array of its own";
    await using(g, (session) => expect(session.run({ x }, { y: x })).rejects.toThrow(message));
  });

  test("are refused when they overlap in part, or when the op does not go element by element", async () => {
    const memory = new Float32Array(6);
    await using(doubled(), (s) =>
      expect(s.run({ x: memory.subarray(0, 4) }, { y: memory.subarray(2, 6) })).rejects.toThrow("written over"),
    );
    const g = new Graph("softmax");
    g.output("y", g.softmax(g.input("x", "float32", [4])));
    const x = new Float32Array(4);
    await using(g, (s) => expect(s.run({ x }, { y: x })).rejects.toThrow("softmax: output y may not be written over input x"));
  });
});

describe("weights in a file", () => {
  const weight = (file: string) => {
    const g = new Graph("weights");
    const w = g.initializer("w", "float32", [2, 3], { file, offset: 8, length: 24 });
    g.output("y", g.gemm(g.input("x", "float32", [1, 3]), w, undefined, { transB: 1 }));
    return g;
  };

  async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "graph-"));
    await writeFile(join(folder, "w.bin"), new Uint8Array(Float32Array.of(9, 9, 1, 2, 3, 4, 5, 6).buffer));
    await body(folder).finally(() => rm(folder, { recursive: true }));
  }

  test.each([true, false])("are read from their place, prepacked: %s", async (prepack) => {
    await inFolder(async (externalFolder) => {
      const session = await openSession(weight("w.bin"), { externalFolder, prepack, threads: 1 });
      expect((await session.run({ x: Float32Array.of(1, 10, 100) })).y).toEqual(Float32Array.of(321, 654));
      await session.close();
    });
  });

  test.each(["missing.bin", "../w.bin"])("that cannot be read give an error that says where: %s", async (file) => {
    await inFolder(async (externalFolder) => {
      const opening = openSession(weight(file), { externalFolder });
      await expect(opening).rejects.toMatchObject({ name: "GraphError", code: "PICKAPIC_GRAPH_WEIGHTS_UNREADABLE" });
      await expect(opening).rejects.toThrow(externalFolder);
    });
  });

  test("that end before the tensor does give the same error", async () => {
    await inFolder(async (externalFolder) => {
      await writeFile(join(externalFolder, "w.bin"), new Uint8Array(20));
      await expect(openSession(weight("w.bin"), { externalFolder })).rejects.toMatchObject({
        code: "PICKAPIC_GRAPH_WEIGHTS_UNREADABLE",
      });
    });
  });
});
