/** @file The outbox: an answer is stored before it is sent, and removed only when the server has confirmed it. */
import type { AnswerReply } from "@pickapic/server/api";
import { Unreachable } from "../http/client.ts";
import { afterFailure, type Draft, dueEntries, type Entry, newEntry, verdictOf } from "./entry.ts";
import type { OutboxStore } from "./store.ts";

/** An event about an entry of the outbox. `delivered` has the server's reply. */
export type News =
  | { kind: "changed" }
  | { kind: "delivered"; entry: Entry; reply: AnswerReply }
  | { kind: "delayed"; entry: Entry; needsPerson: boolean }
  | { kind: "refused"; entry: Entry };

/** What the outbox takes from outside. */
export interface OutboxEffects {
  store: OutboxStore;
  send(entry: Entry): Promise<AnswerReply>;
  newKey(): string;
  /** The current time, in ms since 1970. */
  now(): number;
  /** A random number in [0, 1). */
  random(): number;
  /** Runs `task` after `ms`; returns a function that cancels it. */
  later(task: () => void, ms: number): () => void;
  /** Runs `task` while no other tab runs one. */
  alone(task: () => Promise<void>): Promise<void>;
  /** Tells the other tabs. */
  broadcast(news: News): void;
}

/** The entries of the outbox at one moment, oldest first. */
export interface OutboxSnapshot {
  readonly waiting: readonly Entry[];
  readonly refused: readonly Entry[];
  /** Answers of other accounts in this browser; they wait until that account signs in. */
  readonly ofOthers: number;
  /** False when this browser cannot store answers: closing the page would lose the waiting ones. */
  readonly lasting: boolean;
}

const EMPTY: OutboxSnapshot = { waiting: [], refused: [], ofOthers: 0, lasting: true };

/** Sends answers, oldest first, until the server has confirmed or refused each. Of several tabs, one sends at a time. */
export class Outbox {
  readonly #effects: OutboxEffects;
  readonly #listeners = new Set<(news: News) => void>();
  #owner: string | null = null;
  #snapshot = EMPTY;
  #running: Promise<void> | null = null;
  #again: "no" | "due" | "eager" = "no";
  #cancelTimer: () => void = () => {};

  constructor(effects: OutboxEffects) {
    this.#effects = effects;
  }

  /** The entries of the signed-in person. It is the same object until an entry changes. */
  readonly snapshot = (): OutboxSnapshot => this.#snapshot;

  /** Calls `listener` with all news, also from other tabs. Returns how to unsubscribe. */
  readonly subscribe = (listener: (news: News) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Only answers of this user are shown and sent. */
  async setOwner(owner: string | null): Promise<void> {
    this.#owner = owner;
    await this.#look();
    this.#emit({ kind: "changed" });
    await this.flush(true);
  }

  /** Stores an answer and starts to send it. Resolves when it is stored, not when it is sent. */
  async add(draft: Draft): Promise<Entry> {
    const entry = newEntry(draft, this.#effects.newKey(), this.#effects.now());
    await this.#effects.store.put(entry);
    void this.flush();
    await this.#publish({ kind: "changed" });
    return entry;
  }

  /** Sends entries that are due; with `eager` all of them. Only one delivery runs at a time, over all tabs. */
  flush(eager = false): Promise<void> {
    if (this.#again !== "eager") this.#again = eager ? "eager" : "due";
    this.#running ??= this.#effects
      .alone(() => this.#drain())
      .finally(() => {
        this.#running = null;
        if (this.#again !== "no") void this.flush();
      });
    return this.#running;
  }

  /** Sends a refused answer once more. */
  async retry(key: string): Promise<void> {
    const entry = this.#snapshot.refused.find((refused) => refused.key === key);
    if (!entry) return;
    await this.#effects.store.put({ ...entry, refusal: null, retryAt: this.#effects.now() });
    await this.#publish({ kind: "changed" });
    await this.flush();
  }

  /** Removes a refused answer, because the person asked for it. One that may still arrive cannot be removed. */
  async discard(key: string): Promise<void> {
    if (!this.#snapshot.refused.some((entry) => entry.key === key)) return;
    await this.#effects.store.delete(key);
    await this.#publish({ kind: "changed" });
  }

  /** News from another tab. */
  async hear(news: News): Promise<void> {
    await this.#look();
    this.#emit(news);
  }

  async #drain(): Promise<void> {
    while (this.#again !== "no") {
      const eager = this.#again === "eager";
      this.#again = "no";
      const due = dueEntries(await this.#effects.store.all(), this.#owner, this.#effects.now(), eager);
      for (const entry of due) if (!(await this.#deliver(entry))) break;
    }
    await this.#schedule();
  }

  /** False when the server cannot be reached, so that the other entries need not be tried. */
  async #deliver(entry: Entry): Promise<boolean> {
    let reply: AnswerReply;
    try {
      reply = confirmed(await this.#effects.send(entry));
    } catch (error) {
      await this.#setBack(entry, error);
      return verdictOf(error) === "refused";
    }
    // The next pair need not wait until the entry is removed from the store. If the page is closed in between, the same key is
    // sent once more.
    this.#snapshot = { ...this.#snapshot, waiting: this.#snapshot.waiting.filter(({ key }) => key !== entry.key) };
    this.#tell({ kind: "delivered", entry, reply });
    await this.#effects.store.delete(entry.key);
    await this.#publish({ kind: "changed" });
    return true;
  }

  async #setBack(entry: Entry, error: unknown): Promise<void> {
    const later = afterFailure(entry, error, this.#effects.now(), this.#effects.random);
    await this.#effects.store.put(later);
    if (later.refusal) await this.#publish({ kind: "refused", entry: later });
    else await this.#publish({ kind: "delayed", entry: later, needsPerson: verdictOf(error) === "person" });
  }

  async #schedule(): Promise<void> {
    this.#cancelTimer();
    const next = Math.min(...this.#snapshot.waiting.map((entry) => entry.retryAt));
    if (!Number.isFinite(next)) return;
    this.#cancelTimer = this.#effects.later(() => void this.flush(), Math.max(0, next - this.#effects.now()));
  }

  async #publish(news: News): Promise<void> {
    await this.#look();
    this.#tell(news);
  }

  #tell(news: News): void {
    this.#effects.broadcast(news);
    this.#emit(news);
  }

  async #look(): Promise<void> {
    const all = await this.#effects.store.all();
    const mine = all.filter((entry) => entry.owner === this.#owner);
    mine.sort((a, b) => a.createdAt - b.createdAt);
    this.#snapshot = {
      waiting: mine.filter((entry) => entry.refusal === null),
      refused: mine.filter((entry) => entry.refusal !== null),
      ofOthers: all.length - mine.length,
      lasting: this.#effects.store.lasting(),
    };
  }

  #emit(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }
}

/** Checks that a reply came from our server. The sign-in page of a public network also replies with status 200. @throws Unreachable when it did not */
function confirmed(reply: AnswerReply): AnswerReply {
  if (typeof reply?.ranking === "number" && typeof reply.round?.id === "string") return reply;
  throw new Unreachable("the reply confirms nothing");
}
