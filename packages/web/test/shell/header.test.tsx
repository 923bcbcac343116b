// @vitest-environment happy-dom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { rememberRecent } from "../../src/judge/prompt/recent.ts";
import { Header } from "../../src/shell/header.tsx";
import { meOf, rendered, serverOf, userOf } from "../rendered.tsx";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(() => {
  cleanup();
  localStorage.clear();
});

test("a stranger sees the pages and the themes, and neither karma nor an account", async () => {
  serverOf({ "/api/me": meOf(null) });
  await rendered(<Header />);
  expect(screen.getAllByRole("link", { name: "Leaderboard" }).length).toBeGreaterThan(0);
  expect(screen.getByRole("radio", { name: "System" })).toHaveProperty("checked", true);
  expect(screen.queryByTestId("karma")).toBeNull();
  expect(screen.queryByText("Account")).toBeNull();
});

test.each([
  [userOf({ karma: 12 }), "12", "Guest on this device"],
  [userOf({ guest: false, name: "Ada", consentVersion: null }), undefined, "Ada"],
])("karma stands beside the menu once one has agreed, and the menu names the account (%#)", async (user, karma, name) => {
  serverOf({ "/api/me": meOf(user) });
  await rendered(<Header />);
  expect(await screen.findByText(name)).toBeDefined();
  expect(screen.queryByTestId("karma")?.textContent).toBe(karma);
});

test("Judge leads to where this person was, not to another person's round", async () => {
  rememberRecent({ prompt: "a dog", round: "before", owner: "ada" });
  rememberRecent({ prompt: "a cat", round: "latest", owner: "ada" });
  rememberRecent({ prompt: "a cow", round: "of another", owner: "bob" });
  serverOf({ "/api/me": meOf(userOf()) });
  await rendered(<Header />);
  await screen.findByTestId("karma");
  const [judge] = screen.getAllByRole("link", { name: "Judge" });
  expect(judge?.getAttribute("href")).toBe("/?round=latest");
  expect(screen.getAllByRole("link", { name: "Leaderboard" })[0]?.getAttribute("href")).toBe("/leaderboard");
});

test("a theme is chosen, and the system's again", async () => {
  serverOf({ "/api/me": meOf(null) });
  await rendered(<Header />);
  fireEvent.click(screen.getByRole("radio", { name: "Dark" }));
  expect(document.documentElement.dataset.theme).toBe("dark");
  expect(screen.getByRole("radio", { name: "Dark" })).toHaveProperty("checked", true);
  fireEvent.click(screen.getByRole("radio", { name: "System" }));
  expect(document.documentElement.dataset.theme).toBeUndefined();
});
