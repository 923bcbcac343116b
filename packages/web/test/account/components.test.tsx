// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Consent, hasWithdrawn } from "../../src/account/consent.tsx";
import { SignOut } from "../../src/account/signOut.tsx";
import { Welcome } from "../../src/account/welcome.tsx";
import { Withdrawal } from "../../src/account/withdrawal.tsx";
import { meOf, refusal, rendered, serverOf, userOf } from "../rendered.tsx";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(cleanup);

test.each([
  [{ consentVersion: null, karma: 3 }, true],
  [{ consentVersion: null, karma: 0 }, false],
  [{ consentVersion: "1", karma: 3 }, false],
])("a person with %j has withdrawn: %s", (more, withdrawn) => {
  expect(hasWithdrawn(userOf(more))).toBe(withdrawn);
});

test.each([
  [{ consentVersion: null, karma: 0 }, "Before you start", /Please read what that means/],
  [{ consentVersion: "0", karma: 3 }, "Before you start", /has changed since you agreed/],
  [{ consentVersion: null, karma: 3 }, "Agree again?", /You withdrew your agreement/],
])("a person with %j is asked for the right reason", async (more, title, reason) => {
  const user = userOf(more);
  await rendered(<Consent me={meOf(user)} user={user} />);
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe(title);
  expect(screen.getByText(reason)).toBeDefined();
});

test("the way in says that the pictures are toys, where they are, and offers what the server offers", async () => {
  await rendered(<Welcome me={meOf(null)} />);
  expect(screen.getByTestId("toy-world").textContent).toMatch(/The pictures here are toys/);
  cleanup();
  await rendered(<Welcome me={meOf(null, { simulatedWorld: false, signIn: { guests: false, providers: ["google"] } })} />);
  expect(screen.queryByTestId("toy-world")).toBeNull();
  expect(screen.queryByTestId("guest-sign-in")).toBeNull();
  expect(screen.getByRole("button", { name: "Sign in with Google" })).toBeDefined();
});

test("a withdrawal is asked twice; one who withdrew before sees that, and the way back", async () => {
  await rendered(<Withdrawal me={meOf(userOf())} />);
  fireEvent.click(screen.getByRole("button", { name: "Withdraw my agreement…" }));
  expect(screen.getByTestId("consent-withdraw")).toBeDefined();
  fireEvent.click(screen.getByRole("button", { name: "Keep it" }));
  expect(screen.queryByTestId("consent-withdraw")).toBeNull();
  cleanup();
  await rendered(<Withdrawal me={meOf(userOf({ consentVersion: null }))} />);
  expect(screen.getByTestId("withdrawn").textContent).toMatch(/Your agreement is withdrawn/);
  expect(screen.getByTestId("consent-again")).toBeDefined();
  cleanup();
  const stranger = await rendered(<Withdrawal me={meOf(null)} />);
  expect(stranger.textContent).toBe("");
});

test.each([
  [0, /You have given no answers yet/],
  [1, /The answer that you gave is kept/],
  [7, /The 7 answers that you gave are kept/],
])("a guest with %i answers is told what becomes of them before signing out", async (karma, words) => {
  const begin = vi.fn();
  await rendered(<SignOut user={userOf({ karma })} begin={begin} />);
  fireEvent.click(screen.getByRole("button", { name: "Sign out" }));
  expect(begin).toHaveBeenCalledTimes(1);
  expect(document.body.textContent).toMatch(words);
});

test("an account signs out without a warning: it can sign in again", async () => {
  const asked = serverOf({ "/api/auth/sign-out": {} });
  await rendered(<SignOut user={userOf({ guest: false })} begin={() => undefined} />);
  fireEvent.click(screen.getByRole("button", { name: "Sign out" }));
  await expect.poll(() => asked).toContain("POST /api/auth/sign-out");
  expect(document.querySelector("dialog")).toBeNull();
});

const SENTENCE = "The disk is full.";

test.each([
  ["withdraws", userOf(), ["Withdraw my agreement…", "Yes, withdraw"], "DELETE /api/consent"],
  ["takes it back", userOf({ consentVersion: null }), [/^Take it back/], "POST /api/consent"],
])("a person who %s sees when the server refuses", async (_what, user, buttons, request) => {
  const asked = serverOf({ "/api/consent": refusal(500, "X", SENTENCE) });
  await rendered(<Withdrawal me={meOf(user)} />);
  for (const name of buttons) fireEvent.click(screen.getByRole("button", { name }));
  expect((await screen.findByRole("alert")).textContent).toBe(SENTENCE);
  expect(asked).toEqual([request]);
});

test.each([
  ["Sign out", ["POST /api/auth/sign-out"]],
  ["Stay signed in", []],
])("in the warning of a guest, “%s” asks the server for %j and closes it", async (name, requests) => {
  const asked = serverOf({ "/api/auth/sign-out": {} });
  await rendered(<SignOut user={userOf()} begin={() => undefined} />);
  fireEvent.click(screen.getByRole("button", { name: "Sign out" }));
  const dialog = within(screen.getByRole("dialog"));
  expect(asked).toEqual([]);
  fireEvent.click(dialog.getByRole("button", { name }));
  expect(document.querySelector("dialog")?.open).toBe(false);
  await expect.poll(() => asked.filter((each) => each.startsWith("POST"))).toEqual(requests);
});

test.each([
  [0, false],
  [1, true],
])("a guest with %i answers can download them before signing out: %s", async (karma, offered) => {
  await rendered(<SignOut user={userOf({ karma })} begin={() => undefined} />);
  expect(document.body.textContent?.includes("Download my answers")).toBe(offered);
});

test.each([
  ["", { guests: true, providers: [] }, []],
  ["?sign-in=failed", { guests: true, providers: [] }, [/^Signing in did not work/]],
  ["", { guests: false, providers: [] }, [/^No way to sign in is set up/]],
])("the way in at %j with %j has troubles to tell: %j", async (search, signIn, troubles) => {
  window.history.replaceState(null, "", `/${search}`);
  await rendered(<Welcome me={meOf(null, { signIn })} />);
  const told = [/^Signing in did not work/, /^No way to sign in is set up/].filter((words) => screen.queryByText(words));
  expect(told).toEqual(troubles);
  window.history.replaceState(null, "", "/");
});

test.each([
  ["Start as a guest", "POST /api/auth/sign-in/anonymous"],
  ["Sign in with Google", "POST /api/auth/sign-in/social"],
])("“%s” tells why the server refuses", async (name, request) => {
  const asked = serverOf({ [request.slice(5)]: refusal(503, "X", SENTENCE) });
  await rendered(<Welcome me={meOf(null, { signIn: { guests: true, providers: ["google"] } })} />);
  fireEvent.click(screen.getByRole("button", { name }));
  expect((await screen.findByRole("alert")).textContent).toBe(SENTENCE);
  expect(asked).toEqual([request]);
});
