/** @file Which address shows which page. Only the judge page is part of the first download. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  lazyRouteComponent,
  useRouter,
} from "@tanstack/react-router";
import { call, Unreachable } from "./http/client.ts";
import { JudgePage } from "./judge/page.tsx";
import { usePageHead } from "./shell/head.ts";
import { Page } from "./shell/page.tsx";
import { NOT_FOUND, PAGES } from "./shell/pages.ts";
import { Shell } from "./shell/shell.tsx";
import { Empty, Failure, Loading } from "./shell/states.tsx";

/** ms after which a page that is still being loaded is announced: words come within the first half second. */
const PENDING_AFTER_MS = 250;

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

interface JudgeSearch {
  /** The round that is judged. */
  round?: string | undefined;
  /** The round whose prompt is to be changed. */
  from?: string | undefined;
}

const judge = createRoute({
  getParentRoute: () => root,
  path: PAGES.judge.path,
  // The router keeps what it read from the address unless another value takes its place, and it reads a number from "?round=7".
  validateSearch: ({ round, from }: Record<string, unknown>): JudgeSearch => ({
    round: typeof round === "string" ? round : undefined,
    from: typeof from === "string" ? from : undefined,
  }),
  component: JudgePage,
});

const bestOf = createRoute({
  getParentRoute: () => root,
  path: PAGES.bestOf.path,
  component: lazyRouteComponent(
    kept(() => import("./bestOf/page.tsx")),
    "BestOfPage",
  ),
});

const history = createRoute({
  getParentRoute: () => root,
  path: PAGES.history.path,
  component: lazyRouteComponent(
    kept(() => import("./history/page.tsx")),
    "HistoryPage",
  ),
});

const leaderboard = createRoute({
  getParentRoute: () => root,
  path: PAGES.leaderboard.path,
  component: lazyRouteComponent(
    kept(() => import("./leaderboard/page.tsx")),
    "LeaderboardPage",
  ),
});

const statistics = createRoute({
  getParentRoute: () => root,
  path: PAGES.statistics.path,
  component: lazyRouteComponent(
    kept(() => import("./statistics/page.tsx")),
    "StatisticsPage",
  ),
});

const about = createRoute({
  getParentRoute: () => root,
  path: PAGES.about.path,
  component: lazyRouteComponent(
    kept(() => import("./about/page.tsx")),
    "AboutPage",
  ),
});

/** The routes of all pages. */
export const router = createRouter({
  routeTree: root.addChildren([judge, bestOf, history, leaderboard, statistics, about]),
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingMs: PENDING_AFTER_MS,
  defaultPendingComponent: () => (
    <Page>
      <Loading what="The page" />
    </Page>
  ),
  defaultErrorComponent: PageFailure,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/**
 * When a page's script is missing, the router reloads the whole page: right after an update of the server, wrong without a network,
 * where the open page would be lost for the browser's own error page.
 */
function kept<T>(load: () => Promise<T>): () => Promise<T> {
  return () =>
    load().catch(async (error: unknown) => {
      await call("/api/health").catch(() => {
        throw new Unreachable(error);
      });
      throw error;
    });
}

function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Page>
      <Failure error={error} retry={() => void router.invalidate().then(reset)} />
    </Page>
  );
}

function NotFound() {
  usePageHead(NOT_FOUND);
  return (
    <Page>
      <Empty icon="help" title="There is no such page" level="h1">
        <p>The address may have a slip in it.</p>
        <Link to="/" search={{}} className="button button-primary">
          To the pictures
        </Link>
      </Empty>
    </Page>
  );
}
