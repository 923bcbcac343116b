/** @file The outbox of this browser: IndexedDB, one sender among all tabs, and a new attempt whenever the network may be back. */
import type { AnswerReply } from "@pickapic/server/api";
import { call } from "../http/client.ts";
import { newKey } from "../http/key.ts";
import type { Entry } from "./entry.ts";
import { type News, Outbox } from "./outbox.ts";
import { openOutboxStore } from "./store.ts";

/** Opens the outbox of this browser and connects it with the other tabs. */
export async function openBrowserOutbox(): Promise<Outbox> {
  const channel = new BroadcastChannel("pickapic.outbox");
  const outbox = new Outbox({
    store: await openOutboxStore(),
    send: sendAnswer,
    newKey: () => newKey(),
    now: Date.now,
    random: Math.random,
    later: (task, ms) => {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
    alone: runAlone,
    broadcast: (news) => channel.postMessage(news),
  });
  channel.addEventListener("message", (event: MessageEvent<News>) => void outbox.hear(event.data));
  addEventListener("online", () => void outbox.flush(true));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && outbox.snapshot().waiting.length > 0) void outbox.flush(true);
  });
  return outbox;
}

function sendAnswer(entry: Entry): Promise<AnswerReply> {
  const body = { choice: entry.choice, elapsedMs: entry.elapsedMs };
  return call<AnswerReply>(`/api/comparisons/${entry.comparison}/answer`, { method: "POST", key: entry.key, body });
}

/**
 * Runs `task` while no other tab runs one. Browsers have locks on secure origins only. Without them two tabs may send the same answer, which its
 * idempotency key makes harmless.
 */
async function runAlone(task: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return task();
  await navigator.locks.request("pickapic.outbox", task);
}
