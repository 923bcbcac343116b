/** @file Renders a component as it stands in a page: with a cache of replies, an outbox of its own and a router of one address. */
import type { Me } from "@pickapic/server/api";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { configure, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { OutboxProvider } from "../src/outbox/context.tsx";
import type { Entry } from "../src/outbox/entry.ts";
import { Outbox, type OutboxEffects } from "../src/outbox/outbox.ts";

// A busy machine may leave a page without a turn for seconds; what never comes is still an error.
configure({ asyncUtilTimeout: 20_000 });

/** Settles when the component is in the document. `address` is that of its page. */
export async function rendered(component: ReactNode, outbox = outboxOf([]), address = "/"): Promise<HTMLElement> {
  const root = createRootRoute({ component: () => component });
  const page = createRoute({ getParentRoute: () => root, path: "/", component: () => null });
  const router = createRouter({
    routeTree: root.addChildren([page]),
    history: createMemoryHistory({ initialEntries: [address] }),
  });
  await router.load();
  const { container } = render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <OutboxProvider value={outbox}>
        <RouterProvider router={router as never} />
      </OutboxProvider>
    </QueryClientProvider>,
  );
  return container;
}

/**
 * Puts a server in the place of `fetch`: it gives these replies by path (a Response as it is, anything else as JSON) and cannot be reached at
 * other paths. Returns what it was asked, such as "GET /api/me", as it grows; `hear` gets the body and the idempotency key of each request.
 */
export function serverOf(
  replies: Record<string, unknown>,
  hear: (body: unknown, key: string | null) => void = () => {},
): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (address: string, { method = "GET", body, headers }: RequestInit = {}) => {
    const [path = ""] = address.split("?");
    asked.push(`${method} ${address}`);
    hear(typeof body === "string" ? JSON.parse(body) : undefined, new Headers(headers).get("idempotency-key"));
    const reply = replies[path];
    if (reply === undefined) throw new TypeError("fetch failed");
    return reply instanceof Response ? reply.clone() : Response.json(reply);
  });
  return asked;
}

/** The server's refusal of a request. */
export function refusal(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status });
}

/** An outbox over a store in memory that holds `entries`. Unless told otherwise its browser keeps what is in it, and nothing that it sends arrives. */
export function outboxOf(entries: readonly Entry[], effects: Partial<OutboxEffects> & { lasting?: boolean } = {}): Outbox {
  const kept = new Map(entries.map((entry) => [entry.key, entry]));
  const { lasting = true, ...others } = effects;
  return new Outbox({
    store: {
      all: async () => [...kept.values()],
      put: async (entry) => void kept.set(entry.key, entry),
      delete: async (key) => void kept.delete(key),
      lasting: () => lasting,
    },
    send: () => new Promise(() => {}),
    newKey: () => "key",
    now: () => 0,
    random: () => 0,
    later: () => () => {},
    alone: (task) => task(),
    broadcast: () => {},
    ...others,
  });
}

type User = NonNullable<Me["user"]>;

/** A guest who agreed and has given three answers, unless said otherwise. */
export function userOf(more: Partial<User> = {}): User {
  return { id: "ada", name: "Guest", guest: true, karma: 3, consentVersion: "1", ...more };
}

/** What the server says to `user`. */
export function meOf(user: User | null, more: Partial<Me> = {}): Me {
  const signIn = { guests: true, providers: [] };
  return { user, consent: { version: "1", text: "The text." }, signIn, simulatedWorld: true, fastestAnswerMs: 300, ...more };
}
