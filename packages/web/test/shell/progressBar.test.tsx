// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { ProgressBar } from "../../src/shell/progressBar.tsx";

afterEach(cleanup);

test.each([
  [0, "0", "4%"],
  [0.01, "1", "4%"],
  [0.04, "4", "4%"],
  [0.426, "43", "43%"],
  [1, "100", "100%"],
])("of %d is %s per cent for a screen reader, and always visible as a bar", (fraction, now, width) => {
  render(<ProgressBar fraction={fraction} sentence="Two of five pictures" />);
  const bar = screen.getByRole("progressbar");
  expect([bar.getAttribute("aria-valuenow"), bar.getAttribute("aria-valuetext")]).toEqual([now, "Two of five pictures"]);
  expect(bar.querySelector("div")?.style.width).toBe(width);
});
