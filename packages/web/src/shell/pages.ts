/** @file The pages: for each its address, its name in the navigation, and its title and description for tabs, search engines and link previews. */

export interface PageInfo {
  /** The address. */
  path: string;
  /** The name in the navigation, which is also the heading of the page. */
  name: string;
  /** The title in the tab of the browser, without "Pick-a-Pic", which is added. */
  title: string;
  /** One or two sentences for search engines and previews of links. */
  description: string;
}

/** The pages in the order of the navigation. The build writes an HTML file for each. */
export const PAGES = {
  judge: {
    path: "/",
    name: "Judge",
    title: "Two pictures, you pick",
    description:
      "Two generated pictures for one prompt: pick the better one. All answers together become a dataset of what people prefer.",
  },
  bestOf: {
    path: "/best-of-n",
    name: "Best of n",
    title: "Best of n",
    description:
      "Write a prompt, and see the best of many pictures of it, as a scorer that learned from people's choices ranks them.",
  },
  history: {
    path: "/history",
    name: "My history",
    title: "My history",
    description:
      "The answers that you gave, latest first, with the generators that made the pictures, to search and to download.",
  },
  leaderboard: {
    path: "/leaderboard",
    name: "Leaderboard",
    title: "Leaderboard",
    description: "Which image generator people prefer: ratings from their answers, with 95 % intervals.",
  },
  statistics: {
    path: "/statistics",
    name: "Statistics",
    title: "Statistics",
    description: "How many answers were given here, how fast, how often people prefer neither picture, and what they ask for.",
  },
  about: {
    path: "/about",
    name: "About",
    title: "About",
    description: "How Pick-a-Pic works, what becomes of your answers, and how to withdraw your agreement.",
  },
} as const satisfies Record<string, PageInfo>;

/** The page for an address that does not exist. */
export const NOT_FOUND = {
  path: "/404",
  name: "Page not found",
  title: "Page not found",
  description: "There is no page at this address.",
} as const satisfies PageInfo;

/** The page at an address; NOT_FOUND when there is none. */
export function pageAt(path: string): PageInfo {
  return Object.values(PAGES).find((page) => page.path === path) ?? NOT_FOUND;
}

/** The text in the tab of the browser, such as "Leaderboard · Pick-a-Pic". */
export function tabTitle(title: string): string {
  return `${title} · Pick-a-Pic`;
}
