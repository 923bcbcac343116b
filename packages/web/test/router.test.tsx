// @vitest-environment happy-dom
/** @file The router's own pages: which address shows which page, and what is shown where there is none or where its script cannot be loaded. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, useSearch } from "@tanstack/react-router";
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { NOT_FOUND, PAGES } from "../src/shell/pages.ts";
import { meOf, outboxOf, refusal, serverOf } from "./rendered.tsx";

/** Shows what a page is told by its address. */
const Told = () => JSON.stringify(useSearch({ strict: false }));

const scripts = vi.hoisted(() => ({
  /** Whether the script of a page can be loaded. */
  areThere: true,
  /** Stands in for the script of a page. That of the judge page is part of the first download, so it is always there. */
  of: (name: string) => () => {
    if (!scripts.areThere && name !== "JudgePage") throw new TypeError("Failed to fetch dynamically imported module");
    const shown = () => (
      <p data-testid="page">
        {name} <Told />
      </p>
    );
    return { [name]: shown };
  },
}));
vi.mock("../src/judge/page.tsx", scripts.of("JudgePage"));
vi.mock("../src/bestOf/page.tsx", scripts.of("BestOfPage"));
vi.mock("../src/history/page.tsx", scripts.of("HistoryPage"));
vi.mock("../src/leaderboard/page.tsx", scripts.of("LeaderboardPage"));
vi.mock("../src/statistics/page.tsx", scripts.of("StatisticsPage"));
vi.mock("../src/about/page.tsx", scripts.of("AboutPage"));

vi.stubGlobal("scrollTo", () => undefined);
afterEach(cleanup);

/** Opens an address as a person does who types it. */
async function open(address: string): Promise<void> {
  vi.resetModules();
  window.history.replaceState(null, "", address);
  const [{ router }, { OutboxProvider }] = await Promise.all([import("../src/router.tsx"), import("../src/outbox/context.tsx")]);
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <OutboxProvider value={outboxOf([])}>
        <RouterProvider router={router} />
      </OutboxProvider>
    </QueryClientProvider>,
  );
}

const shown = async () => (await screen.findByTestId("page")).textContent;

// Each row has a page of its own, because a script that was loaded once is there.
test.each([
  [PAGES.about.path, "AboutPage {}", {}, "No connection"],
  [PAGES.history.path, "HistoryPage {}", { "/api/health": refusal(503, "X", "Starting.") }, "No connection"],
  [PAGES.statistics.path, "StatisticsPage {}", { "/api/health": { status: "ok" } }, "That did not work"],
])(
  "where the script of %s is missing, it is the connection unless the server says that it is well (%#); another try shows %s",
  async (address, page, replies, title) => {
    serverOf({ "/api/me": meOf(null), ...replies });
    scripts.areThere = false;
    await open(address);
    const alert = within(await screen.findByRole("alert"));
    expect(alert.getByRole("heading").textContent).toBe(title);
    scripts.areThere = true;
    fireEvent.click(alert.getByRole("button", { name: "Try again" }));
    expect(await shown()).toBe(page);
    expect(screen.queryByRole("alert")).toBeNull();
  },
);

test.each([
  [PAGES.judge.path, "JudgePage {}"],
  ["/?round=r-1", 'JudgePage {"round":"r-1"}'],
  ["/?from=r-2", 'JudgePage {"from":"r-2"}'],
  // The router reads a number and a list from these, and neither is an id.
  ["/?round=7&from=[1]", "JudgePage {}"],
  [PAGES.bestOf.path, "BestOfPage {}"],
  [PAGES.history.path, "HistoryPage {}"],
  [PAGES.leaderboard.path, "LeaderboardPage {}"],
  [PAGES.statistics.path, "StatisticsPage {}"],
  [PAGES.about.path, "AboutPage {}"],
])("%s shows %s", async (address, page) => {
  serverOf({ "/api/me": meOf(null) });
  await open(address);
  expect(await shown()).toBe(page);
});

test.each(["/nowhere", "/about/us"])(
  "%s says that there is no such page, in the tab too, and leads to the pictures",
  async (address) => {
    serverOf({ "/api/me": meOf(null) });
    await open(address);
    const heading = await screen.findByRole("heading", { level: 1 });
    expect(heading.textContent).toBe("There is no such page");
    expect(document.title).toContain(NOT_FOUND.title);
    fireEvent.click(screen.getByRole("link", { name: "To the pictures" }));
    expect(await shown()).toBe("JudgePage {}");
  },
);
