/** @file Which address shows which page. Only the judge page is part of the first download. */
import { createRootRoute, createRoute, createRouter, Link, lazyRouteComponent } from "@tanstack/react-router";
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
  component: lazyRouteComponent(() => import("./history/page.tsx"), "HistoryPage"),
});

const leaderboard = createRoute({
  getParentRoute: () => root,
  path: "/leaderboard",
  component: lazyRouteComponent(() => import("./leaderboard/page.tsx"), "LeaderboardPage"),
});

const statistics = createRoute({
  getParentRoute: () => root,
  path: "/statistics",
  component: lazyRouteComponent(() => import("./statistics/page.tsx"), "StatisticsPage"),
});

const about = createRoute({
  getParentRoute: () => root,
  path: "/about",
  component: lazyRouteComponent(() => import("./about/page.tsx"), "AboutPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([judge, history, leaderboard, statistics, about]),
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingComponent: () => <Loading what="The page" />,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
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
