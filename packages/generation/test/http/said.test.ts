/** @file The sentence that is repeated of a server's error, in the shapes in which servers write errors. */

import { expect, test } from "vitest";
import { refusesPrompt, saidIn } from "../../src/http/said.ts";

test.each<[whose: string, answer: object | string, said: string]>([
  ["OpenAI's", { error: { message: "Rate limit reached.", type: "requests", param: null, code: "x" } }, "Rate limit reached"],
  [
    "AUTOMATIC1111's, whose reason is in a field of its own",
    { error: "OutOfMemoryError", detail: "", body: "", errors: "CUDA out of memory.\nTried to allocate 2 GiB" },
    "OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB",
  ],
  [
    "FastAPI's, which names the field",
    { detail: [{ loc: ["body", "steps"], msg: "value is not a valid integer", type: "type_error" }] },
    "body.steps: value is not a valid integer",
  ],
  [
    "ComfyUI's, which names the node's input",
    {
      error: {
        type: "prompt_outputs_failed_validation",
        message: "Prompt outputs failed validation",
        details: "",
        extra_info: {},
      },
      node_errors: {
        "4": { errors: [{ message: "Value not in list", details: "ckpt_name: 'a' not in ['b']" }], class_type: "C" },
      },
    },
    "Prompt outputs failed validation: Value not in list: ckpt_name: 'a' not in ['b']",
  ],
  ["one with escapes", { message: 'no "room"\n left' }, 'no "room" left'],
  ["a list", [{ message: "one" }, "two"], "one: two"],
  ["one with unknown fields", { code: 7 }, '{"code":7}'],
  ["the same text twice", { message: "no", error: "no" }, "no"],
  ["a page of HTML", "<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>", "502 Bad Gateway"],
  ["a page without a title", "<!DOCTYPE html><body><p>down</p></body>", "down"],
  ["a text", " no  room. ", "no room"],
  ["an empty object", {}, "nothing"],
  ["nothing", "", "nothing"],
  ["a number", "7", "7"],
  ["a long text", "x".repeat(201), "x".repeat(200)],
])("%s", (_whose, answer, said) => {
  expect(saidIn(typeof answer === "string" ? answer : JSON.stringify(answer))).toBe(said);
});

test.each([
  [400, '{"error":{"code":"content_policy_violation"}}', true],
  [400, '{"error":{"code":"moderation_blocked"}}', true],
  [400, '{"error":{"code":"contentFilter"}}', true],
  [422, '{"detail":[{"type":"content_policy_violation"}]}', true],
  [200, '{"status":"Content Moderated"}', false],
  [500, '{"error":{"code":"content_policy_violation"}}', false],
  [400, '{"error":{"code":"invalid_api_key","message":"the content of the policy"}}', false],
])("status %i with %s refuses the prompt: %s", (status, answer, expected) => {
  expect(refusesPrompt(status, answer)).toBe(expected);
});
