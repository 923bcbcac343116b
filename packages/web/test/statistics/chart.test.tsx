// @vitest-environment happy-dom
import { dot } from "@observablehq/plot";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Chart } from "../../src/statistics/chart.tsx";

/** Tells the chart how wide its place is. */
let layOut: (width: number | undefined) => void;
let isWatching: boolean;

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(hear: (entries: { contentRect: { width: number } }[]) => void) {
        layOut = (width) => act(() => hear(width === undefined ? [] : [{ contentRect: { width } }]));
      }
      observe(): void {
        isWatching = true;
      }
      disconnect(): void {
        isWatching = false;
      }
    },
  );
});
afterEach(cleanup);

const options = { marks: [dot([{ x: 1, y: 2 }], { x: "x", y: "y" })] };

test("a chart is drawn as wide as its place, once that is known, as one image without styles of its own", () => {
  const { container, rerender, unmount } = render(<Chart options={options} label="Two by one" />);
  expect([container.querySelector("svg"), isWatching]).toEqual([null, true]);
  layOut(undefined);
  expect(container.querySelector("svg")).toBeNull();
  layOut(400.4);
  const image = screen.getByRole("img", { name: "Two by one" });
  expect(image.getAttribute("width")).toBe("400");
  expect([container.querySelector("style"), image.querySelector("[aria-label]")]).toEqual([null, null]);
  layOut(300);
  expect(screen.getByRole("img").getAttribute("width")).toBe("300");
  rerender(<Chart options={options} label="Another" />);
  expect(screen.getAllByRole("img").map((each) => each.getAttribute("aria-label"))).toEqual(["Another"]);
  unmount();
  expect(isWatching).toBe(false);
});
