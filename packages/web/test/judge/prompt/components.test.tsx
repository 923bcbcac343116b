// @vitest-environment happy-dom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Caption } from "../../../src/judge/prompt/caption.tsx";
import { PromptForm } from "../../../src/judge/prompt/promptForm.tsx";
import { rememberRecent } from "../../../src/judge/prompt/recent.ts";
import { refusal, rendered, serverOf, userOf } from "../../rendered.tsx";
import { roundOf } from "../handle.ts";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(() => {
  cleanup();
  localStorage.clear();
});

const field = () => screen.getByTestId("prompt") as HTMLTextAreaElement;
const write = (value: string) => fireEvent.change(field(), { target: { value } });
const trouble = () => screen.getByTestId("prompt-error").textContent;

test("Enter starts a round, but not together with Shift, nor while a word is being composed", async () => {
  const hear = vi.fn();
  const asked = serverOf({ "/api/rounds": roundOf() }, hear);
  await rendered(<PromptForm user={userOf()} simulated={false} />);
  write("a cat");
  fireEvent.keyDown(field(), { key: "Enter", shiftKey: true });
  fireEvent.keyDown(field(), { key: "Enter", isComposing: true });
  expect(asked).toEqual([]);
  fireEvent.keyDown(field(), { key: "Enter" });
  await expect.poll(() => asked).toEqual(["POST /api/rounds"]);
  expect(hear.mock.calls[0]?.[0]).toEqual({ prompt: "a cat" });
  await expect.poll(() => localStorage.getItem("pickapic.recent")).toContain('"round":"round"');
});

test("a prompt that is too long is not sent, and says by how much", async () => {
  const asked = serverOf({ "/api/rounds": roundOf() });
  await rendered(<PromptForm user={userOf()} simulated={false} />);
  write("x".repeat(1_001));
  fireEvent.click(screen.getByTestId("start"));
  expect(trouble()).toBe("1 character too many: please shorten the prompt.");
  expect(document.activeElement).toBe(field());
  expect(asked).toEqual([]);
});

test("a repeated attempt with the same words has the same key, other words have another one", async () => {
  const keys: (string | null)[] = [];
  serverOf({ "/api/rounds": refusal(503, "X", "The server is starting.") }, (_body, key) => keys.push(key));
  await rendered(<PromptForm user={userOf()} simulated={false} />);
  for (const [attempt, words] of ["a cat", "a cat", "a dog"].entries()) {
    write(words);
    fireEvent.click(screen.getByTestId("start"));
    await expect.poll(() => keys).toHaveLength(attempt + 1);
    await expect.poll(() => trouble()).toBe("The server is starting.");
  }
  expect(keys[0]).toBeTruthy();
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
  write("a dog in the rain");
  expect(trouble()).toBe("");
});

test("a surprise is written into the field and started at once", async () => {
  const bodies: unknown[] = [];
  serverOf({ "/api/rounds": roundOf() }, (body) => bodies.push(body));
  await rendered(<PromptForm user={userOf()} simulated={true} />);
  fireEvent.click(screen.getByTestId("surprise"));
  await expect.poll(() => bodies).toHaveLength(1);
  expect(bodies[0]).toEqual({ prompt: field().value });
  expect(field().value).not.toBe("");
  expect(document.body.textContent).toContain("The toy world, which paints here, reads English words");
});

test("the prompt of another round can be changed, with what was not wanted; a suggestion takes its place", async () => {
  serverOf({ "/api/rounds/earlier": roundOf({ id: "earlier", negativePrompt: "dogs" }) });
  await rendered(<PromptForm user={userOf()} simulated={false} from="earlier" />);
  await expect.poll(() => field().value).toBe("a cat [dogs]");
  const suggestion = screen.getByTestId("suggestions").querySelector("button")!;
  fireEvent.click(suggestion);
  expect(field().value).toBe(suggestion.textContent);
  expect(document.activeElement).toBe(field());
});

test("the latest prompts of this person are offered, the one that is being changed first", async () => {
  serverOf({});
  for (const [prompt, owner] of [
    ["a cat", "ada"],
    ["a dog", "ada"],
    ["a cow", "bob"],
  ] as const)
    rememberRecent({ prompt, round: `round of ${prompt}`, owner });
  await rendered(<PromptForm user={userOf()} simulated={false} from="round of a cat" />);
  const recent = screen.getByRole("region", { name: "Recent prompts" });
  expect([...recent.querySelectorAll("a, button")].map(({ textContent }) => textContent)).toEqual([
    "Go on with “a cat”",
    "a dog",
  ]);
  cleanup();
  await rendered(<PromptForm user={userOf({ id: "eve" })} simulated={false} />);
  expect(screen.queryByRole("region", { name: "Recent prompts" })).toBeNull();
});

test("the heading of a session is the prompt, with what is not wanted, and says where pictures are simulated", async () => {
  await rendered(<Caption round={roundOf({ negativePrompt: "dogs" })} roundId="round" simulated={true} />);
  expect(screen.getByTestId("caption").textContent).toBe("“a cat”");
  expect(screen.getByText("Not wanted: “dogs”")).toBeDefined();
  expect(screen.getByRole("link", { name: "Simulated pictures" })).toBeDefined();
  expect(screen.getByRole("link", { name: "Change prompt" }).getAttribute("href")).toBe("/?from=round");
  cleanup();
  await rendered(<Caption round={undefined} roundId="round" simulated={false} />);
  expect(screen.getByTestId("caption").textContent).toBe("…");
  expect(screen.queryByRole("link", { name: "Simulated pictures" })).toBeNull();
  expect(screen.queryByText(/Not wanted/)).toBeNull();
});
