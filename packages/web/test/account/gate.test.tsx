// @vitest-environment happy-dom
import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Gate } from "../../src/account/gate.tsx";
import { meOf, refusal, rendered, serverOf, userOf } from "../rendered.tsx";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(cleanup);

const inside = (user: { name: string }) => <p>In: {user.name}</p>;

test.each([
  ["a stranger", meOf(null), undefined, /The pictures here are toys/],
  ["a stranger", meOf(null), "signed-in", /The pictures here are toys/],
  ["a person who has not agreed", meOf(userOf({ consentVersion: null, karma: 0 })), undefined, /^Before you start$/],
  ["a person who agreed to an earlier text", meOf(userOf({ consentVersion: "0" })), undefined, /^Before you start$/],
  ["a person who has not agreed", meOf(userOf({ consentVersion: null })), "signed-in", /^In: Guest$/],
  ["a person who agreed", meOf(userOf()), undefined, /^In: Guest$/],
] as const)("%s (%#) meets what is missing, or passes", async (_who, me, needs, words) => {
  serverOf({ "/api/me": me });
  await rendered(<Gate {...(needs ? { needs } : {})}>{inside}</Gate>);
  expect((await screen.findAllByText(words)).length).toBeGreaterThan(0);
  if (!words.source.includes("In:")) expect(screen.queryByText(/^In:/)).toBeNull();
});

test("until the server has said who it is nobody passes; its refusal is shown", async () => {
  serverOf({ "/api/me": refusal(503, "X", "The server is starting.") });
  await rendered(<Gate>{inside}</Gate>);
  expect(screen.getByRole("status").textContent).toBe("The page is loading…");
  expect(await screen.findByText("The server is starting.")).toBeDefined();
});
