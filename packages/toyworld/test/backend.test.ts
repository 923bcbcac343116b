/** @file The toy world as a backend like any other. */

import { seeded } from "@pickapic/chance";
import { drawRequest, parsePrompt } from "@pickapic/generation";
import { expect, test } from "vitest";
import { renderImage, toyBackend } from "../src/index.ts";
import { requestFor } from "./requests.ts";

test("offers four models of 512 px and says that it is simulated", () => {
  const backend = toyBackend();
  expect(backend.simulated).toBe(true);
  expect(backend.models.map(({ name }) => name)).toEqual(["toy-xl", "toy-turbo", "toy-dream", "toy-classic"]);
  expect(backend.models.every(({ width, height }) => width === 512 && height === 512)).toBe(true);
});

test("draws what is asked of it, with progress from 0 to 1 and no warnings for a drawn request", async () => {
  const request = drawRequest(parsePrompt("two cats"), [toyBackend()], seeded("backend"));
  const seen: number[] = [];
  const image = await toyBackend().generate(request, { onProgress: (fraction) => seen.push(fraction) });
  expect(image).toEqual(await renderImage(request));
  expect([image.width, image.height, image.warnings, seen]).toEqual([512, 512, [], [0, 1]]);
});

test("stops when asked to, and refuses a model that it does not have", async () => {
  await expect(toyBackend().generate(requestFor("a cat"), { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  await expect(toyBackend().generate(requestFor("a cat", { model: "dall-e" }))).rejects.toMatchObject({
    code: "PICKAPIC_MODEL_UNKNOWN",
  });
});
