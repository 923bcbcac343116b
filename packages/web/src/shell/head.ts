/** @file Sets the title and the description of the open page. */
import { useEffect } from "react";
import { type PageInfo, tabTitle } from "./pages.ts";

/** The longest title, in characters. A tab shows no more, and a screen reader would read all of it. */
const LONGEST_TITLE = 80;

/** Sets the title of the tab and the description while the component is shown. */
export function usePageHead({ title, description }: Pick<PageInfo, "title" | "description">): void {
  useEffect(() => {
    document.title = tabTitle(shortened(title));
    document.querySelector('meta[name="description"]')?.setAttribute("content", description);
  }, [title, description]);
}

/** A title of at most LONGEST_TITLE characters, cut between words when it has several. */
export function shortened(title: string): string {
  const letters = [...title];
  if (letters.length <= LONGEST_TITLE) return title;
  const cut = letters.slice(0, LONGEST_TITLE).join("");
  return `${cut.includes(" ") ? cut.slice(0, cut.lastIndexOf(" ")) : cut}…`;
}
