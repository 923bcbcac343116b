/** @file The toy world as a backend like any other. */

import { seeded } from "@pickapic/chance";
import { drawRequest, parsePrompt, RAW_PIXELS } from "@pickapic/generation";
import { expect, test } from "vitest";
import { renderImage, renderPixels, toyBackend } from "../src/index.ts";
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

test("hands raw pixels to a caller that accepts them, and renders the same on a thread of its own", async () => {
  const request = requestFor("a watercolour of two cats", { width: 96, height: 64 });
  const { data } = await renderPixels(request);
  for (const backend of [toyBackend(), toyBackend({ ownThread: true })]) {
    const raw = await backend.generate(request, { acceptsPixels: true });
    expect([raw.mediaType, raw.width, raw.height]).toEqual([RAW_PIXELS, 96, 64]);
    expect(Buffer.from(raw.bytes).equals(Buffer.from(data))).toBe(true);
    expect(await backend.generate(request)).toEqual(await renderImage(request));
  }
});

test("draws the next picture into the memory of one that was released", async () => {
  const [first, second] = ["a cat", "two red apples"].map((prompt) => requestFor(prompt, { width: 96, height: 64 }));
  if (!first || !second) throw new Error("there are two prompts");
  const backend = toyBackend({ ownThread: true });
  const released = await backend.generate(first, { acceptsPixels: true });
  released.release?.();
  released.release?.();
  expect(released.bytes.length).toBe(0);
  const kept = await backend.generate(second, { acceptsPixels: true });
  const again = await backend.generate(first, { acceptsPixels: true });
  for (const [image, request] of [
    [kept, second],
    [again, first],
  ] as const)
    expect(Buffer.from(image.bytes).equals(Buffer.from((await renderPixels(request)).data))).toBe(true);
});

test("says on a thread of its own what is wrong with a request, and goes on", async () => {
  const backend = toyBackend({ ownThread: true });
  await expect(backend.generate(requestFor("a cat", { model: "dall-e" }))).rejects.toMatchObject({
    code: "PICKAPIC_MODEL_UNKNOWN",
  });
  expect((await backend.generate(requestFor("a cat", { width: 32, height: 32 }))).width).toBe(32);
});

test("stops when asked to, and refuses a model that it does not have", async () => {
  await expect(toyBackend().generate(requestFor("a cat"), { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  await expect(toyBackend().generate(requestFor("a cat", { model: "dall-e" }))).rejects.toMatchObject({
    code: "PICKAPIC_MODEL_UNKNOWN",
  });
});
