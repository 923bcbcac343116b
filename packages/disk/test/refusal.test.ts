import { expect, test } from "vitest";
import { refusalOf } from "../src/refusal.ts";

test.each([
  ["an error of the system", Object.assign(new Error("no"), { code: "ENOSPC" }), "ENOSPC"],
  ["an error without a code", new Error("no"), undefined],
  ["an error whose code is a number", Object.assign(new Error("no"), { code: 28 }), undefined],
  ["an object that is no error", { code: "ENOSPC" }, undefined],
  ["a text", "ENOSPC", undefined],
  ["nothing", null, undefined],
])("the system's code of %s", (_what, thrown, code) => expect(refusalOf(thrown)).toBe(code));
