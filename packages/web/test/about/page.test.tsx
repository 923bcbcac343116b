// @vitest-environment happy-dom
import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { AboutPage } from "../../src/about/page.tsx";
import { meOf, rendered, serverOf, userOf } from "../rendered.tsx";

afterEach(cleanup);

const shown = async (me?: unknown) => {
  serverOf(me === undefined ? {} : { "/api/me": me });
  await rendered(<AboutPage />);
};

test("says that the pictures are simulated, and what is released, where the server says so", async () => {
  const consent = { version: "7", text: "## What is released\nYour answers and their pictures." };
  await shown(meOf(userOf({ consentVersion: "7" }), { consent }));
  expect(await screen.findByText("Your answers and their pictures.")).toBeDefined();
  expect(screen.getAllByRole("heading", { name: "What is released" }), "the heading of the text is left out").toHaveLength(1);
  expect(screen.getByText("Version 7")).toBeDefined();
  expect(screen.getByRole("heading", { name: "These pictures are simulated" })).toBeDefined();
  expect(screen.getByRole("button", { name: "Withdraw my agreement…" })).toBeDefined();
});

test("a server with real generators has no note about toys; without the server the rest can be read", async () => {
  await shown(meOf(null, { simulatedWorld: false }));
  expect(await screen.findByText("The text.")).toBeDefined();
  expect(screen.queryByText("These pictures are simulated")).toBeNull();
  cleanup();
  await shown();
  expect(screen.getByRole("heading", { name: "How it works" })).toBeDefined();
  expect(screen.queryByText("What is released")).toBeNull();
  expect(screen.queryByText("These pictures are simulated")).toBeNull();
});
