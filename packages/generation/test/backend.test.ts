/** @file Finding models among backends. */

import { expect, test } from "vitest";
import { completeRequest, findOffer, offers } from "../src/index.ts";
import { fakeBackend } from "./toys.ts";

const backends = [fakeBackend("one", ["a", "b"]), fakeBackend("two", ["c"])];

const whole = {
  prompt: "a cat",
  negativePrompt: "dog",
  model: "a",
  seed: 1,
  guidanceScale: 7.5,
  steps: 20,
  width: 64,
  height: 48,
};

test("a request with all its settings is complete; one without is refused with the names of those that are missing", () => {
  expect(completeRequest({ ...whole, picture: 3 })).toEqual(whole);
  for (const name of ["negativePrompt", "seed", "guidanceScale", "steps", "width", "height"])
    expect(() => completeRequest({ ...whole, [name]: null })).toThrow(
      `Generation request, ${name}: this backend needs a value, and null came.`,
    );
  expect(() => completeRequest({ ...whole, seed: null, steps: null })).toThrow("Generation request, seed, steps: ");
});

test("offers lists the models of all backends, in order", () => {
  expect(offers(backends).map(({ backend, model }) => `${backend.name} ${model.name}`)).toEqual(["one a", "one b", "two c"]);
});

test("a model is found with its backend, and an unknown one is refused with the names on offer", () => {
  expect(findOffer(backends, "c").backend.name).toBe("two");
  expect(() => findOffer(backends, "d")).toThrow('There is no model named "d". Models on offer: a, b, c.');
  expect(() => findOffer([], "d")).toThrow("Models on offer: none.");
});
