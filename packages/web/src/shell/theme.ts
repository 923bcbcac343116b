/** @file Light, dark or as the system says. public/theme.js sets the same attribute before the first paint. */
import { stored, useStored } from "./stored.ts";

/** What a person may choose; "system" follows the operating system. */
export type Theme = "system" | "light" | "dark";

const theme = stored<Theme>("pickapic.theme", {
  read: (text) => (text === "light" || text === "dark" ? text : "system"),
  write: (value) => (value === "system" ? null : value),
});

theme.subscribe(() => {
  const { dataset, style } = document.documentElement;
  // public/theme.js set this one for the time before the style sheet is there.
  style.colorScheme = "";
  if (theme.get() === "system") delete dataset.theme;
  else dataset.theme = theme.get();
});

/** The chosen theme and how to change it. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  return useStored(theme);
}
