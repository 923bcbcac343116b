import { expect, test } from "vitest";
import { defineErrors, failureOf, refusalOf } from "../src/index.ts";

test("what the operating system refuses becomes a sentence that says what to do", () => {
  const refused = (code: string, more: object) => failureOf(Object.assign(new Error("x"), { code, ...more }));
  expect(refused("ENOSPC", {})).toMatchObject({ message: expect.stringContaining("disk is full"), exitCode: 1, bug: false });
  expect(refused("EACCES", { path: "/root/x" }).message).toBe(
    "No permission to use /root/x: choose another place or change its permissions.",
  );
  expect(refused("EADDRINUSE", { address: "::1", port: 3000 }).message).toContain("::1:3000");
});

test("an error of a table has the exit code that its table says", () => {
  const ShopError = defineErrors("ShopError", {
    PICKAPIC_SHOP_SHUT: { text: () => "The shop is shut." },
    PICKAPIC_SHOP_WORD: { exitCode: 2, text: (word: string) => `Expected a price; got ${word}.` },
  });
  expect(failureOf(new ShopError("PICKAPIC_SHOP_SHUT"))).toEqual({ message: "The shop is shut.", exitCode: 1, bug: false });
  expect(failureOf(new ShopError("PICKAPIC_SHOP_WORD", "x"))).toMatchObject({ exitCode: 2 });
});

test("anything else is a mistake of ours", () => {
  expect(failureOf(new TypeError("x is not a function"))).toEqual({ message: "x is not a function", exitCode: 1, bug: true });
  expect(failureOf("a text")).toEqual({ message: "a text", exitCode: 1, bug: true });
});

test("within a sentence a refusal of the operating system has words, else its code, and another error its message", () => {
  const refused = (code: string) => refusalOf(Object.assign(new Error(`${code}: a text with a path, open '/x'`), { code }));
  expect(["ENOENT", "EISDIR", "EPERM", "EIO"].map(refused)).toEqual([
    "there is no such file",
    "it is a folder",
    "there is no permission to use it",
    "EIO",
  ]);
  expect(refusalOf(new Error("no text"))).toBe("no text");
});
