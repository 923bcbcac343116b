// @vitest-environment happy-dom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { ReportDialog } from "../../../src/judge/dialogs/reportDialog.tsx";
import { refusal, rendered, serverOf } from "../../rendered.tsx";
import { pair, roundOf } from "../handle.ts";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(cleanup);

test("a report is about the picture, the reason and the words that were chosen, and closes when the server has it", async () => {
  const done = vi.fn();
  const hear = vi.fn();
  const dialog = createRef<HTMLDialogElement>();
  const asked = serverOf({ "/api/images/right/reports": roundOf({ comparison: null }) }, hear);
  await rendered(<ReportDialog dialog={dialog} pair={pair} done={done} />);
  dialog.current?.showModal();
  fireEvent.click(screen.getByRole("radio", { name: "Picture 2" }));
  fireEvent.click(screen.getByRole("radio", { name: "It shows a real person" }));
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "My aunt." } });
  fireEvent.click(screen.getByTestId("report-send"));
  await expect.poll(() => done).toHaveBeenCalledWith(roundOf({ comparison: null }));
  expect(asked).toEqual(["POST /api/images/right/reports"]);
  expect(hear.mock.calls[0]?.[0]).toEqual({ reason: "person", note: "My aunt." });
  expect(dialog.current?.open).toBe(false);
  expect(screen.getByRole("textbox", { hidden: true })).toHaveProperty("value", "");
});

test("a refused report says why and stays open with what was written", async () => {
  const done = vi.fn();
  const dialog = createRef<HTMLDialogElement>();
  serverOf({ "/api/images/left/reports": refusal(429, "X", "Too many reports.") });
  await rendered(<ReportDialog dialog={dialog} pair={pair} done={done} />);
  dialog.current?.showModal();
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "It is grey." } });
  fireEvent.click(screen.getByTestId("report-send"));
  expect((await screen.findByRole("alert")).textContent).toBe("Too many reports.");
  expect(dialog.current?.open).toBe(true);
  expect(screen.getByRole("textbox")).toHaveProperty("value", "It is grey.");
  expect(done).not.toHaveBeenCalled();
});
