/** @file Renders a component as it stands in a page: with a cache of replies, an outbox of its own and a router of one address. */
import type { Me } from "@pickapic/server/api";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";

/** Settles when the component is in the document. */
export async function rendered(component: ReactNode): Promise<HTMLElement> {
  const root = createRootRoute({ component: () => component });
  const router = createRouter({ routeTree: root, history: createMemoryHistory({ initialEntries: ["/"] }) });
  await router.load();
  const { container } = render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  return container;
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
