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
import { Shell } from "./shell/shell.tsx";
import { Empty, Failure, Loading } from "./shell/states.tsx";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const judge = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: ({ round }: Record<string, unknown>): { round?: string } => (typeof round === "string" ? { round } : {}),
  component: JudgePage,
});

const history = createRoute({
  getParentRoute: () => root,
  path: "/history",
  component: lazyRouteComponent(
    kept(() => import("./history/page.tsx")),
    "HistoryPage",
  ),
});

const leaderboard = createRoute({
  getParentRoute: () => root,
  path: "/leaderboard",
  component: lazyRouteComponent(
    kept(() => import("./leaderboard/page.tsx")),
    "LeaderboardPage",
  ),
});

const statistics = createRoute({
  getParentRoute: () => root,
  path: "/statistics",
  component: lazyRouteComponent(
    kept(() => import("./statistics/page.tsx")),
    "StatisticsPage",
  ),
});

const about = createRoute({
  getParentRoute: () => root,
  path: "/about",
  component: lazyRouteComponent(
    kept(() => import("./about/page.tsx")),
    "AboutPage",
  ),
});

export const router = createRouter({
  routeTree: root.addChildren([judge, history, leaderboard, statistics, about]),
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingComponent: () => <Loading what="The page" />,
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
  return <Failure error={error} retry={() => void router.invalidate().then(reset)} />;
}

function NotFound() {
  return (
    <Empty icon="help" title="There is no such page">
      <p>The address may have a slip in it.</p>
      <Link to="/" search={{}} className="button button-primary">
        To the pictures
      </Link>
    </Empty>
  );
}
