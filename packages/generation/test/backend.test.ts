/** @file Finding models among backends. */

import { expect, test } from "vitest";
import { findOffer, offers } from "../src/index.ts";
import { fakeBackend } from "./toys.ts";

const backends = [fakeBackend("one", ["a", "b"]), fakeBackend("two", ["c"])];

test("offers lists the models of all backends, in order", () => {
  expect(offers(backends).map(({ backend, model }) => `${backend.name} ${model.name}`)).toEqual(["one a", "one b", "two c"]);
});

test("a model is found with its backend, and an unknown one is refused with the names on offer", () => {
  expect(findOffer(backends, "c").backend.name).toBe("two");
  expect(() => findOffer(backends, "d")).toThrow('There is no model named "d". Models on offer: a, b, c.');
  expect(() => findOffer([], "d")).toThrow("Models on offer: none.");
});
