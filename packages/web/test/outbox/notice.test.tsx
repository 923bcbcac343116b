// @vitest-environment happy-dom
import { act, cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { type Entry, newEntry } from "../../src/outbox/entry.ts";
import { OutboxNotice } from "../../src/outbox/notice.tsx";
import type { Outbox } from "../../src/outbox/outbox.ts";
import { outboxOf, rendered } from "../rendered.tsx";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.restoreAllMocks();
});

const draft = { owner: "ada", round: "round", comparison: "pair", prompt: "a cat", choice: "left", elapsedMs: 900 } as const;
const answer = (key: string, more: Partial<Entry> = {}): Entry => ({ ...newEntry(draft, key, Date.now()), ...more });
const refused = answer("refused", { trouble: "There is no such pair.", refusal: { code: "X", status: 404 } });

/** The notice of an outbox that belongs to ada. */
async function shown(outbox: Outbox): Promise<void> {
  void outbox.setOwner("ada");
  await rendered(<OutboxNotice />, outbox);
}

test("an answer that has just been given is not mentioned; one that failed or waits for long is", async () => {
  await shown(outboxOf([answer("new")]));
  expect(screen.queryByTestId("outbox")).toBeNull();
  cleanup();
  await shown(outboxOf([answer("new"), answer("failed", { attempts: 1, trouble: "No network." })]));
  expect(screen.getByTestId("outbox").textContent).toMatch(/^1 answer waiting to be sent\. Kept on this device/);
  cleanup();
  await shown(
    outboxOf([answer("old", { createdAt: Date.now() - 1_600, trouble: "No network." }), answer("older", { createdAt: 0 })]),
  );
  expect(screen.getByTestId("outbox").textContent).toMatch(/^2 answers waiting/);
});

test("what the server said about the oldest is repeated, and one may send at once", async () => {
  const outbox = outboxOf([answer("failed", { attempts: 1, trouble: "Too many at once." })]);
  const flush = vi.spyOn(outbox, "flush");
  await shown(outbox);
  expect(screen.getByTestId("outbox").textContent).toContain("Too many at once.");
  fireEvent.click(screen.getByRole("button", { name: "Send now" }));
  expect(flush).toHaveBeenLastCalledWith(true);
});

test("a browser that keeps nothing is said to: the page must stay open", async () => {
  await shown(outboxOf([answer("failed", { attempts: 1 })], { lasting: false }));
  expect(screen.getByTestId("outbox").textContent).toContain("please leave it open");
});

test("offline is said, also when nothing waits, and goes away by itself", async () => {
  const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  await shown(outboxOf([]));
  expect(screen.getByTestId("outbox").textContent).toBe("You are offline. ");
  expect(screen.queryByRole("button")).toBeNull();
  online.mockReturnValue(true);
  act(() => void dispatchEvent(new Event("online")));
  expect(screen.queryByTestId("outbox")).toBeNull();
});

test("a refused answer is an alert, and is sent again or given up", async () => {
  const outbox = outboxOf([refused]);
  const retry = vi.spyOn(outbox, "retry");
  await shown(outbox);
  expect(screen.getByRole("alert").textContent).toContain("(“a cat”, left): There is no such pair.");
  fireEvent.click(screen.getByRole("button", { name: "Send again" }));
  expect(retry).toHaveBeenCalledWith("refused");
  cleanup();
  await shown(outboxOf([refused]));
  fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
  await expect.poll(() => screen.queryByRole("alert")).toBeNull();
});

test("answers of other accounts are mentioned until one has seen enough of so many", async () => {
  const others = ["a", "b", "c"].map((key) => answer(key, { owner: "bob" }));
  await shown(outboxOf(others.slice(1)));
  expect(screen.getByTestId("outbox").textContent).toMatch(/^2 answers of another account/);
  fireEvent.click(screen.getByRole("button", { name: "Hide this" }));
  expect(screen.queryByTestId("outbox")).toBeNull();
  cleanup();
  await shown(outboxOf(others.slice(1)));
  expect(screen.queryByTestId("outbox")).toBeNull();
  cleanup();
  await shown(outboxOf(others));
  expect(screen.getByTestId("outbox").textContent).toMatch(/^3 answers of another account/);
});
