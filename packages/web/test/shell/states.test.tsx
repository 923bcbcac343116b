// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Refusal, Unreachable } from "../../src/http/client.ts";
import { Empty, Failure } from "../../src/shell/states.tsx";

afterEach(cleanup);

test.each([
  [new Unreachable(null), "No connection", /check your connection/],
  [new Refusal(500, "X", "The disk is full."), "That did not work", /^The disk is full\.$/],
  [new TypeError("undefined is not a function"), "That did not work", /Something went wrong on this page/],
])("a failure says whether it is the connection, in words for people, and offers another try (%#)", (error, title, words) => {
  const retry = vi.fn();
  render(<Failure error={error} retry={retry} />);
  expect(screen.getByRole("heading").textContent).toBe(title);
  expect(screen.getByText(words)).toBeDefined();
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledTimes(1);
});

test.each([
  [undefined, 2],
  ["h1" as const, 1],
])("an empty place has a heading of the level that it is told: %s", (level, expected) => {
  render(
    <Empty icon="star" title="Nothing" {...(level ? { level } : {})}>
      Yet.
    </Empty>,
  );
  expect(screen.getByRole("heading", { level: expected }).textContent).toBe("Nothing");
});
