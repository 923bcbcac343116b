/** @file The theme of the pages. public/theme.js sets the same attribute before the first paint. */
import { stored, useStored } from "./stored.ts";

/** The themes that a person can choose; "system" follows the operating system. */
export type Theme = "system" | "light" | "dark";

const theme = stored<Theme>("pickapic.theme", {
  read: (text) => (text === "light" || text === "dark" ? text : "system"),
  write: (value) => (value === "system" ? null : value),
});

theme.subscribe(() => {
  const { dataset, style } = document.documentElement;
  // public/theme.js sets the colour scheme for the time before the style sheet is loaded. From now on the style sheet decides.
  style.colorScheme = "";
  if (theme.get() === "system") delete dataset.theme;
  else dataset.theme = theme.get();
});

/** The chosen theme, and a function that changes it. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  return useStored(theme);
}
