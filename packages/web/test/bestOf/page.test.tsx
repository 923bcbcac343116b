// @vitest-environment happy-dom
import type { BestOf, BestOfOffer, ScoredPicture } from "@pickapic/server/api";
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BestOfPage } from "../../src/bestOf/page.tsx";
import { meOf, refusal, rendered, serverOf, userOf } from "../rendered.tsx";

/** Streams that the page has opened, by their addresses. */
const streams = new Map<string, { onmessage?: (event: { data: string }) => void; closed: boolean }>();
beforeEach(() => {
  vi.stubGlobal("scrollTo", () => undefined);
  vi.stubGlobal(
    "EventSource",
    class {
      closed = false;
      constructor(url: string) {
        streams.set(url, this);
      }
      close() {
        this.closed = true;
      }
    },
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  streams.clear();
});

const picture = (name: string, score: number): ScoredPicture => {
  const url = `/api/images/${name}`;
  return { url, width: 64, height: 64, score, prompt: "a fox", seed: 7, guidanceScale: 6.25, steps: null };
};
const bestOf = (more: Partial<BestOf> = {}): BestOf => ({
  id: "b",
  prompt: "a fox",
  negativePrompt: "",
  model: "toy-xl",
  n: 4,
  state: "running",
  images: [],
  failed: 0,
  fraction: 0.1,
  ...more,
});
const offer = (more: Partial<BestOfOffer> = {}): BestOfOffer => ({
  scorer: "mine",
  models: [
    { name: "toy-xl", title: "Toy XL" },
    { name: "toy-turbo", title: "Toy Turbo" },
  ],
  latest: null,
  ...more,
});
const open = (replies: Record<string, unknown>, hear?: (body: unknown, key: string | null) => void) => {
  const asked = serverOf(Object.assign(replies, { "/api/me": meOf(userOf()) }), hear);
  return rendered(<BestOfPage />).then(() => asked);
};

test("starts with what was chosen, shows the best large as pictures come, and another one when it is chosen", async () => {
  const sent: unknown[] = [];
  const started = bestOf();
  const replies: Record<string, unknown> = { "/api/best-of": offer() };
  await open(replies, (body) => body !== undefined && sent.push(body));
  fireEvent.change(await screen.findByTestId("best-of-prompt"), { target: { value: "a fox" } });
  fireEvent.change(screen.getByTestId("best-of-n"), { target: { value: "4" } });
  fireEvent.change(screen.getByTestId("best-of-model"), { target: { value: "toy-turbo" } });
  replies["/api/best-of"] = started;
  fireEvent.click(screen.getByTestId("best-of-start"));
  await screen.findByText("0 of 4 painted and scored.");
  expect(sent).toEqual([{ prompt: "a fox", n: 4, model: "toy-turbo" }]);
  const stream = streams.get("/api/best-of/b/events");
  const tell = (more: Partial<BestOf>) => stream?.onmessage?.({ data: JSON.stringify(bestOf(more)) });
  tell({ images: [picture("one", 1)] });
  await waitFor(() => expect(screen.getByTestId("best-of-large").getAttribute("src")).toBe("/api/images/one"));
  tell({ images: [picture("two", 2), picture("one", 1)], failed: 1 });
  await waitFor(() => expect(screen.getByTestId("best-of-large").getAttribute("src")).toBe("/api/images/two"));
  fireEvent.click(screen.getByRole("button", { name: /^Rank 2 ?, score 1/ }));
  expect(screen.getByTestId("best-of-large").getAttribute("src")).toBe("/api/images/one");
  tell({ state: "done", images: [picture("three", 3), picture("two", 2), picture("one", 1)], failed: 1 });
  await screen.findAllByText("Done: the best of 3. 1 picture could not be made.");
  expect(screen.getByTestId("best-of-large").getAttribute("src")).toBe("/api/images/one");
  expect(screen.getByTestId("best-of-download").getAttribute("download")).toBe("a-fox-rank-3.jpg");
  expect(stream?.closed).toBe(true);
  expect(screen.queryByTestId("best-of-stop")).toBeNull();
});

test("goes on with the last one after a reload, and can stop it", async () => {
  const stopped = bestOf({ state: "stopped", images: [picture("one", 1)] });
  const latest = bestOf({ images: [picture("one", 1)] });
  const asked = await open({ "/api/best-of": offer({ latest }), "/api/best-of/b/stop": stopped });
  fireEvent.click(await screen.findByTestId("best-of-stop"));
  await screen.findAllByText("Stopped: the best of 1.");
  expect(asked).toContain("POST /api/best-of/b/stop");
  expect(screen.getByText("6.3")).toBeTruthy();
  expect(screen.queryByText("Steps")).toBeNull();
});

test("says how to give the server a scorer, and what the server refuses", async () => {
  await open({ "/api/best-of": offer({ scorer: null }) });
  await screen.findByText("pickapic serve --scorer pickscore-toy");
  expect(screen.queryByTestId("best-of-start")).toBeNull();
  cleanup();
  const replies: Record<string, unknown> = { "/api/best-of": offer() };
  await open(replies);
  fireEvent.change(await screen.findByTestId("best-of-prompt"), { target: { value: "a fox" } });
  replies["/api/best-of"] = refusal(429, "PICKAPIC_MODEL_SPENT", "Its limit is used up.");
  fireEvent.click(screen.getByTestId("best-of-start"));
  expect((await screen.findByRole("alert")).textContent).toBe("Its limit is used up.");
});

test.each([
  [{ state: "running" }, "Start anew", true, ["painting"], 4],
  [{ state: "running", images: [picture("one", 1)], failed: 1 }, "Start anew", true, ["The best so far"], 2],
  [{ state: "done", images: [picture("one", 1)] }, "Find the best", false, ["The best"], 0],
  [{ state: "stopped" }, "Find the best", false, ["bg-sunken"], 0],
] as const)(
  "one that is %j can be started again, and stopped while it goes on (%#)",
  async (more, start, canStop, shown, coming) => {
    await open({ "/api/best-of": offer({ latest: bestOf(more as Partial<BestOf>) }) });
    expect((await screen.findByTestId("best-of-start")).textContent).toBe(start);
    expect(screen.queryByTestId("best-of-stop") !== null).toBe(canStop);
    const large = screen.queryByTestId("best-of-large")?.closest("figure")?.querySelector("strong")?.textContent;
    const empty = ["painting", "bg-sunken"].filter((name) => document.querySelector(`div.aspect-square.${name}`));
    expect(large === undefined ? empty : [large]).toEqual(shown);
    expect(document.querySelectorAll("[data-testid=best-of-strip] .skeleton")).toHaveLength(coming);
  },
);

test("a stop that the server refuses is told, and a prompt that is too long is not sent", async () => {
  const asked = await open({
    "/api/best-of": offer({ latest: bestOf() }),
    "/api/best-of/b/stop": refusal(500, "X", "The disk is full."),
  });
  fireEvent.click(await screen.findByTestId("best-of-stop"));
  expect(await screen.findByText("The disk is full.")).toBeDefined();
  fireEvent.change(screen.getByTestId("best-of-prompt"), { target: { value: "a".repeat(2_000) } });
  fireEvent.click(screen.getByTestId("best-of-start"));
  expect(screen.getByTestId("best-of-prompt").getAttribute("aria-invalid")).toBe("true");
  fireEvent.change(screen.getByTestId("best-of-prompt"), { target: { value: "a fox" } });
  fireEvent.click(screen.getByTestId("best-of-start"));
  await expect.poll(() => asked.filter((each) => each === "POST /api/best-of")).toHaveLength(1);
});

test.each([
  ["toy-turbo", "toy-turbo"],
  // One that has left since.
  ["toy-old", "toy-xl"],
])("after one with the model %s, %s is chosen, and the prompt with what was not wanted is there again", async (model, chosen) => {
  const sent: unknown[] = [];
  const latest = bestOf({ model, n: 6, negativePrompt: "dogs", state: "done" });
  await open({ "/api/best-of": offer({ latest }) }, (body) => body !== undefined && sent.push(body));
  fireEvent.click(await screen.findByTestId("best-of-start"));
  await expect.poll(() => sent).toEqual([{ prompt: "a fox [dogs]", n: 6, model: chosen }]);
});
