import { expect, test } from "vitest";
import { PickScoreError } from "../../src/index.ts";
import { packError, unpackError } from "../../src/score/protocol.ts";

const across = (error: unknown): Error => unpackError(structuredClone(packError(error)));

test("an error of ours crosses the boundary with class, code and words", () => {
  const error = across(new PickScoreError("PICKAPIC_SCORER_CLOSED", "mine"));
  expect(error).toBeInstanceOf(PickScoreError);
  expect(error).toMatchObject({ code: "PICKAPIC_SCORER_CLOSED", message: "The scorer of mine was closed: open it again." });
});

test("an error of another package keeps its code", () => {
  const error = across(Object.assign(new Error("half a file"), { code: "PICKAPIC_CLIP_SAFETENSORS_BROKEN" }));
  expect(error).toMatchObject({ code: "PICKAPIC_CLIP_SAFETENSORS_BROKEN", message: "half a file" });
});

test("a bug keeps the stack of the process that it happened in, and anything may be thrown", () => {
  const bug = new TypeError("x is not a function");
  expect(across(bug).stack).toBe(bug.stack);
  expect(across("just words").message).toBe("just words");
});
