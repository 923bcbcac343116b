// @vitest-environment happy-dom
import type { HistoryItem } from "@pickapic/server/api";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Answer } from "../../src/history/answer.tsx";
import { Filters } from "../../src/history/filters.tsx";
import { HistoryPage } from "../../src/history/page.tsx";
import { roundOf } from "../judge/handle.ts";
import { meOf, refusal, rendered, serverOf, userOf } from "../rendered.tsx";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const item: HistoryItem = {
  ranking: 1,
  round: "round",
  prompt: "a cat",
  createdAt: "2026-11-27T12:00:00Z",
  choice: "right",
  tooFast: false,
  left: { url: "/left", model: "toy-xl", guidanceScale: 7.25, seed: 1 },
  right: { url: "/right", model: null, guidanceScale: null, seed: null },
};

test("an answer names the picked picture and the generators, but not one that may still be judged", () => {
  render(<Answer item={item} />);
  expect(screen.getByText("You picked the right one")).toBeDefined();
  expect(screen.getAllByRole("figure").map(({ textContent }) => textContent)).toEqual([
    expect.stringMatching(/^toy-xlguidance 7\.[23]$/),
    "Not named yet",
  ]);
  expect(screen.getAllByRole("img").map((image) => image.getAttribute("alt"))).toEqual([
    "Picture by toy-xl for “a cat”",
    "Picture by a model not named yet for “a cat”, the one you picked",
  ]);
  expect(document.querySelectorAll("figure .bg-accent")).toHaveLength(1);
});

test("an answer that came faster than anyone can look says that it does not count", () => {
  render(<Answer item={{ ...item, tooFast: true }} />);
  expect(screen.getByText(/it does not count/)).toBeDefined();
  cleanup();
  render(<Answer item={item} />);
  expect(screen.queryByText(/it does not count/)).toBeNull();
});

test("a tie picks neither picture and dims neither", () => {
  render(<Answer item={{ ...item, choice: "tie" }} />);
  expect(screen.getByText("Equally good")).toBeDefined();
  expect(document.querySelectorAll("img.opacity-60, figure .bg-accent")).toHaveLength(0);
  cleanup();
  render(<Answer item={item} />);
  expect([...document.querySelectorAll("img.opacity-60")].map((image) => image.getAttribute("src"))).toEqual(["/left"]);
});

test("both pictures are enlarged together, under their names or numbers", () => {
  render(<Answer item={item} />);
  expect(screen.queryByRole("dialog")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: /Enlarge both pictures, left/ }));
  expect([...document.querySelectorAll("dialog .frame-label")].map(({ textContent }) => textContent)).toEqual(["toy-xl", "2"]);
});

test("the search begins when the person stops typing; another choice counts at once, with the words typed so far", () => {
  vi.useFakeTimers();
  const change = vi.fn();
  render(<Filters filter={{ search: "", choice: null }} change={change} />);
  const type = (value: string) => fireEvent.change(screen.getByTestId("history-search"), { target: { value } });
  type("c");
  act(() => void vi.advanceTimersByTime(299));
  type("cat");
  act(() => void vi.advanceTimersByTime(299));
  expect(change).not.toHaveBeenCalled();
  act(() => void vi.advanceTimersByTime(1));
  expect(change.mock.calls).toEqual([[{ search: "cat", choice: null }]]);
  fireEvent.change(screen.getByTestId("history-choice"), { target: { value: "tie" } });
  expect(change).toHaveBeenLastCalledWith({ search: "cat", choice: "tie" });
  fireEvent.change(screen.getByTestId("history-choice"), { target: { value: "" } });
  expect(change).toHaveBeenLastCalledWith({ search: "cat", choice: null });
});

async function pageOf(user: ReturnType<typeof userOf>, items: HistoryItem[], next: string | null = null): Promise<string[]> {
  const asked = serverOf({ "/api/me": meOf(user), "/api/history": { items, next } });
  await rendered(<HistoryPage />);
  await expect.poll(() => screen.queryByRole("status")).toBeNull();
  return asked;
}

test("who withdrew sees the answers and that they are in no release, and cannot go on with a prompt", async () => {
  await pageOf(userOf(), [item]);
  expect(screen.getByRole("link", { name: "Go on with this prompt" }).getAttribute("href")).toBe("/?round=round");
  expect(screen.queryByText(/You withdrew your agreement/)).toBeNull();
  cleanup();
  await pageOf(userOf({ consentVersion: null }), [item]);
  expect(screen.getByTestId("history-item")).toBeDefined();
  expect(screen.getByText(/You withdrew your agreement/)).toBeDefined();
  expect(screen.queryByRole("link", { name: "Go on with this prompt" })).toBeNull();
});

test("without answers there is nothing to download, and a search that finds none says so", async () => {
  const asked = await pageOf(userOf({ karma: 0 }), []);
  expect(screen.getByText("Nothing here yet")).toBeDefined();
  expect(screen.queryByText("Download my answers")).toBeNull();
  fireEvent.change(screen.getByTestId("history-choice"), { target: { value: "tie" } });
  expect(await screen.findByText("No such answers")).toBeDefined();
  expect(asked).toContain("GET /api/history?choice=tie");
  cleanup();
  await pageOf(userOf(), [item]);
  expect(screen.getByText("Download my answers")).toBeDefined();
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
});

test("more answers are asked for where the last ones end", async () => {
  const asked = await pageOf(userOf(), [item], "7");
  fireEvent.click(screen.getByRole("button", { name: "Show more" }));
  await expect.poll(() => asked).toContain("GET /api/history?before=7");
});

const named = { ...item, right: item.left };

test.each([
  [[item], {}, ["Go on with this prompt"], true],
  [[item, named], {}, ["Go on with this prompt"], true],
  [[named], {}, ["Write this prompt again"], false],
  [[item], { consentVersion: null }, [], true],
  [[named], { consentVersion: null }, [], false],
])("a prompt has the ways on that are left (%#)", async (items, more, links, canFinish) => {
  await pageOf(
    userOf(more),
    items.map((each, ranking) => ({ ...each, ranking })),
  );
  const ways = screen.getAllByRole("link").map(({ textContent }) => textContent ?? "");
  expect(ways.filter((text) => text.includes("this prompt"))).toEqual(links);
  expect(screen.queryByTestId("finish") !== null).toBe(canFinish);
});

test("a prompt that is finished is asked for again with its generators; a refusal is told", async () => {
  const replies: Record<string, unknown> = {
    "/api/me": meOf(userOf()),
    "/api/history": { items: [item], next: null },
    "/api/rounds/round/finish": refusal(409, "X", "A pair is open."),
  };
  serverOf(replies);
  await rendered(<HistoryPage />);
  fireEvent.click(await screen.findByTestId("finish"));
  expect((await screen.findByRole("alert")).textContent).toBe("A pair is open.");
  replies["/api/rounds/round/finish"] = roundOf();
  replies["/api/history"] = { items: [named], next: null };
  fireEvent.click(screen.getByTestId("finish"));
  expect(await screen.findByText("Write this prompt again")).toBeDefined();
});

test("a history that cannot be loaded can be asked for again", async () => {
  const replies: Record<string, unknown> = { "/api/me": meOf(userOf()), "/api/history": refusal(500, "X", "The disk is full.") };
  serverOf(replies);
  await rendered(<HistoryPage />);
  expect((await screen.findByRole("alert")).textContent).toContain("The disk is full.");
  replies["/api/history"] = { items: [item], next: null };
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByTestId("history-item")).toBeDefined();
});
