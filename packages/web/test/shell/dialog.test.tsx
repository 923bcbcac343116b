// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, expect, test } from "vitest";
import { Dialog } from "../../src/shell/dialog.tsx";

afterEach(cleanup);

test("a click beside a dialog closes it, a click in it does not", () => {
  const dialog = createRef<HTMLDialogElement>();
  render(
    <Dialog dialog={dialog} titleId="title">
      <h2 id="title">Sure?</h2>
    </Dialog>,
  );
  dialog.current?.showModal();
  fireEvent.click(screen.getByText("Sure?"));
  expect([dialog.current?.open, dialog.current?.getAttribute("aria-labelledby")]).toEqual([true, "title"]);
  // The backdrop belongs to the dialog element itself.
  fireEvent.click(dialog.current ?? document.body);
  expect(dialog.current?.open).toBe(false);
});
