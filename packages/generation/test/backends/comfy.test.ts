/** @file ComfyUI's two APIs: what they answer about a job, how a job is cancelled, and what a check asks. */

import { describe, expect, test } from "vitest";
import { comfyContract, HISTORY, jobOf, outputOf, rawComfyContract } from "./contracts/comfy.ts";
import { answering, onServer } from "./opened.ts";
import type { Contract } from "./server.ts";

describe("a job of API v2", () => {
  const job = (change: Parameters<typeof jobOf>[2]) =>
    answering(comfyContract, ({ path }) => (path === "/api/v2/jobs/job_0" ? { body: jobOf("job_0", 2, change) } : undefined));
  const error = { code: "node_execution_error", message: ` out of\n ${"x".repeat(300)}`, class_type: "KSampler" };
  const text = outputOf("t", "9", "text");

  test.each([
    ["failed", { error }, `(failed); it says: KSampler: out of ${"x".repeat(193)}`],
    ["failed", { error: { code: "x", message: "" } }, "(failed); it says: nothing"],
    ["canceled", {}, "(canceled); it says: nothing"],
    ["expired", {}, "(expired); it says: nothing"],
  ] as const)("that has %s is told with its reason", async (status, change, said) => {
    const { generate } = await onServer(job({ status, ...change }));
    await expect(generate()).rejects.toMatchObject({
      code: "PICKAPIC_BACKEND_ENDED",
      message: `Model "mine": its backend made no picture ${said}`,
    });
  });

  test("that is being cancelled by someone else is asked about again", async () => {
    let asked = 0;
    const contract = answering(comfyContract, ({ path }) =>
      path === "/api/v2/jobs/job_0"
        ? { body: jobOf("job_0", 1, { status: asked++ === 0 ? "canceling" : "canceled" }) }
        : undefined,
    );
    const { generate } = await onServer(contract);
    await expect(generate()).rejects.toThrow("(canceled)");
    expect(asked).toBe(2);
  });

  test("gives the first image of its node", async () => {
    const outputs = [text, outputOf("a/b", "9"), outputOf("c", "9")];
    const contract = answering(job({ outputs }), ({ path }) =>
      path.endsWith("/content") ? { body: {}, status: 410 } : undefined,
    );
    const { generate, server } = await onServer(contract);
    await expect(generate()).rejects.toThrow("status 410");
    expect(server.asked.at(-1)?.path).toBe("/api/v2/assets/a%2Fb/content");
  });

  test("without an image is refused", async () => {
    const { generate } = await onServer(job({ outputs: [text, text] }));
    await expect(generate()).rejects.toThrow('Model "mine": expected an output of type image from its backend; got 2 others.');
  });

  test("tells its progress, which begins at 0", async () => {
    let asked = 0;
    const contract = answering(comfyContract, ({ path }) => {
      if (path !== "/api/v2/jobs/job_0") return undefined;
      const progress = asked === 0 ? null : { value: 0.75, nodes_done: 1, nodes_total: 2 };
      return { body: jobOf("job_0", asked++, { progress }) };
    });
    const { generate } = await onServer(contract);
    const told: number[] = [];
    await generate({}, { onProgress: (fraction) => told.push(fraction) });
    expect([told[0], told.at(-1)]).toEqual([0, 0.75]);
  });
});

describe("a workflow of the raw API", () => {
  const history = (entry: object): Contract =>
    answering(rawComfyContract, ({ path }) => (path === "/history/p1" ? { body: { p1: entry } } : undefined));
  const image = (filename: string, type: string) => ({ filename, subfolder: "a b", type });
  const { status } = HISTORY;

  test.each([
    ["the first of several", { "9": { images: [image("a b.png", "output"), image("c.png", "output")] } }, status],
    ["one after a text", { "1": { text: ["no image"] }, "9": { images: [image("a b.png", "output")] } }, status],
    ["one of a server that tells no status", { "9": { images: [image("a b.png", "output")] } }, null],
  ])("gives as its picture %s", async (_what, outputs, told) => {
    const contract = answering(history({ outputs, status: told }), ({ path }) =>
      path === "/view" ? { body: {}, status: 410 } : undefined,
    );
    const { generate, server } = await onServer(contract);
    await expect(generate()).rejects.toThrow("status 410");
    expect(Object.fromEntries(server.asked.at(-1)?.query ?? [])).toEqual({
      filename: "a b.png",
      subfolder: "a b",
      type: "output",
    });
  });

  const failed = (...messages: unknown[]) => ({ status_str: "error", completed: false, messages });
  const reason = (message: string) => ["execution_error", { node_type: "KSampler", exception_message: message }];
  const begun = ["execution_start", { prompt_id: "p1", timestamp: 1 }];
  test.each([
    [
      "failed",
      { outputs: {}, status: failed(begun, reason("CUDA out of memory")) },
      "(error); it says: KSampler: CUDA out of memory",
    ],
    [
      "failed with many words",
      { outputs: {}, status: failed(reason("x".repeat(300))) },
      `(error); it says: KSampler: ${"x".repeat(200)}`,
    ],
    [
      "failed after a preview",
      { outputs: { "2": { images: [image("p.png", "temp")] } }, status: failed(begun) },
      "(error); it says: nothing",
    ],
    [
      "failed without a word",
      { outputs: {}, status: failed(["execution_error", { traceback: [] }]) },
      "(error); it says: nothing",
    ],
    ["made nothing", { outputs: { "1": { text: ["no image"] } }, status }, "(success); it says: nothing"],
    ["ended in a way that is not told", { outputs: {}, status: null }, "(no output); it says: nothing"],
    ["ended in a server without a status", { outputs: {} }, "(no output); it says: nothing"],
  ])("that has %s is told with the reason of its node", async (_what, entry, said) => {
    const { generate } = await onServer(history(entry));
    await expect(generate()).rejects.toMatchObject({
      code: "PICKAPIC_BACKEND_ENDED",
      message: `Model "mine": its backend made no picture ${said}`,
    });
  });

  test("is made without a websocket where there is none, and asks for none where nobody wants to know", async () => {
    const { generate, bodies } = await onServer(rawComfyContract);
    expect(await generate()).toMatchObject({ width: 64 });
    expect(bodies("/ws")).toEqual([]);
    expect(await generate({}, { onProgress: () => {} })).toMatchObject({ width: 64 });
    expect(bodies("/ws")).toHaveLength(1);
  });
});

describe("a job that takes too long, and one whose caller leaves,", () => {
  const CANCELS = [
    ["API v2", comfyContract, [["POST", "/api/v2/jobs/job_0/cancel", null]]],
    [
      "the raw API",
      rawComfyContract,
      [
        ["POST", "/queue", { delete: ["p1"] }],
        ["POST", "/interrupt", { prompt_id: "p1" }],
      ],
    ],
  ] as const;
  const endless = (contract: Contract) =>
    answering(contract, ({ path }) => {
      if (path === "/history/p1") return { body: {} };
      return path === "/api/v2/jobs/job_0" ? { body: jobOf("job_0", 1) } : undefined;
    });
  const isCancel = ({ path }: { path: string }) => /cancel|queue|interrupt/.test(path);

  test.each(CANCELS)("is cancelled: %s", async (_api, contract, cancels) => {
    const LATE_SECONDS = 0.4;
    const late = await onServer(endless(contract), { timeoutSeconds: LATE_SECONDS });
    // The first connection takes longer than the others.
    await late.check();
    await expect(late.generate()).rejects.toMatchObject({
      code: "PICKAPIC_BACKEND_TIMEOUT",
      message: expect.stringContaining(`Model "mine": its backend did not answer within ${LATE_SECONDS} s.`),
    });
    const left = await onServer(endless(contract), {}, { pollMs: 60_000 });
    const [stop, end] = [new AbortController(), new AbortController()];
    const made = left.generate({}, { signal: stop.signal });
    // This one takes its place, and the server can only begin with it once the other one is cancelled.
    const next = left.generate({}, { signal: end.signal });
    await expect.poll(() => left.server.asked.length).toBe(2);
    stop.abort(new Error("the worker stops"));
    await expect(made).rejects.toThrow("the worker stops");
    for (const { server } of [late, left])
      await expect
        .poll(() => server.asked.filter(isCancel).map(({ method, path, body }) => [method, path, body]))
        .toEqual(cancels);
    end.abort(new Error("all workers stop"));
    await expect(next).rejects.toThrow("all workers stop");
  });
});

describe("a check", () => {
  test.each([
    ["API v2", comfyContract, "/api/v2/jobs/none"],
    ["the raw API", rawComfyContract, "/system_stats"],
  ])("counts the nodes of the workflow: %s", async (_api, contract, asked) => {
    const { check, server } = await onServer(contract);
    expect(await check()).toBe('answers; the workflow of "mine" has 5 nodes');
    expect(server.asked.map(({ path }) => path)).toEqual([asked]);
  });

  test("of ComfyUI itself without api: raw says what to write", async () => {
    const { check } = await onServer(rawComfyContract, { api: "v2" });
    await expect(check()).rejects.toThrow(
      `Model "mine": expected ComfyUI's API v2 from its backend; got a server without it: for ComfyUI itself, write "api: raw" into the file of models.`,
    );
  });

  test.each([
    ["API v2", comfyContract],
    ["the raw API", rawComfyContract],
  ])("of a server that fails says so, and ends when its caller leaves: %s", async (_api, contract) => {
    const { check, backend } = await onServer(answering(contract, () => ({ status: 401, body: { error: { message: "who?" } } })));
    await expect(check()).rejects.toThrow(/status 401.*who\?/);
    await expect(backend.check?.(AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
  });
});
