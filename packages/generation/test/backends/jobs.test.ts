/** @file Following a job: until its end, until it is late, or until it is not wanted any more. */

import { expect, test, vi } from "vitest";
import { followJob } from "../../src/backends/jobs.ts";

/** A job that is in these states, one after the other; an error is thrown. */
function jobOf(...states: (string | Error)[]) {
  const ask = vi.fn(async () => {
    const state = states.length > 1 ? states.shift() : states[0];
    if (state instanceof Error) throw state;
    return state ?? "none";
  });
  return { ask, hasEnded: (state: string) => state.startsWith("end"), onState: vi.fn(), cancel: vi.fn(async () => "yes") };
}

const settings = { pollMs: 0, timeoutMs: 60_000, signal: undefined, late: () => new Error("late") };

test("a job is asked about until it has ended, well or not, and each answer is told; it is not cancelled", async () => {
  const job = jobOf("queued", "running", "ended");
  expect(await followJob(job, settings)).toBe("ended");
  expect(job.onState.mock.calls).toEqual([["queued"], ["running"], ["ended"]]);
  expect(job.cancel).not.toHaveBeenCalled();
  expect(await followJob({ ...jobOf("end"), onState: undefined as never }, { ...settings, timeoutMs: -1 })).toBe("end");
});

test.each([
  ["that is late", "late", jobOf("running"), { timeoutMs: -1 }],
  ["that cannot be asked about", "gone", jobOf("running", new Error("gone")), {}],
  [
    "whose question fails because the caller has left",
    "left",
    jobOf(new Error("cut")),
    { signal: AbortSignal.abort(new Error("left")) },
  ],
])("a job %s is cancelled, whether or not that succeeds", async (_what, message, job, more) => {
  job.cancel.mockRejectedValueOnce(new Error("no"));
  await expect(followJob(job, { ...settings, ...more })).rejects.toThrow(message);
  expect(job.cancel).toHaveBeenCalledOnce();
});

test("a job whose caller leaves between two questions is cancelled at once", async () => {
  const left = new AbortController();
  const job = jobOf("running");
  job.onState.mockImplementation(() => setImmediate(() => left.abort(new Error("left"))));
  await expect(followJob(job, { ...settings, pollMs: 3_600_000, signal: left.signal })).rejects.toThrow("left");
  expect([job.ask.mock.calls.length, job.cancel.mock.calls.length]).toEqual([1, 1]);
});
