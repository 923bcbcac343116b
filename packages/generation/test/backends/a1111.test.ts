/** @file AUTOMATIC1111's API: what a request becomes, what the server tells about the picture, and what happens while it draws. */

import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { a1111Contract } from "./contracts/a1111.ts";
import { answering, onServer } from "./opened.ts";
import { GOOD } from "./server.ts";

const TXT2IMG = "/sdapi/v1/txt2img";
const PICTURE = GOOD.toString("base64");

describe("a request", () => {
  test("has each setting under the server's name, and the checkpoint, which stays loaded", async () => {
    const { generate, bodies } = await onServer(a1111Contract, { settings: { sampler_name: "Euler", tiling: true } });
    await generate({ seed: 0, guidanceScale: 5.5 });
    expect(bodies(TXT2IMG)).toEqual([
      {
        prompt: "a red cat",
        negative_prompt: "dog",
        batch_size: 1,
        seed: 0,
        width: 64,
        height: 48,
        steps: 20,
        cfg_scale: 5.5,
        override_settings: { sd_model_checkpoint: "sd_xl_base" },
        override_settings_restore_afterwards: false,
        sampler_name: "Euler",
        tiling: true,
      },
    ]);
  });

  test("leaves out what is left to the server, which draws the seed; settings of the file win", async () => {
    const { generate, bodies } = await onServer(a1111Contract, { model: undefined, settings: { batch_size: 2 } });
    await generate({ negativePrompt: null, seed: null, width: null, height: null, steps: null, guidanceScale: null });
    expect(bodies(TXT2IMG)).toEqual([{ prompt: "a red cat", negative_prompt: "", batch_size: 2, seed: -1 }]);
  });
});

describe("an answer", () => {
  const told = (body: object) => answering(a1111Contract, ({ path }) => (path === TXT2IMG ? { body } : undefined));

  test.each([
    [
      "all",
      '{"seed":7,"cfg_scale":6.5,"steps":12,"sampler_name":"Euler"}',
      { seed: 7, guidanceScale: 6.5, steps: 12, scheduler: "Euler" },
    ],
    ["the seed alone", '{"seed":0}', { seed: 0 }],
    ["a seed that it still has to draw", '{"seed":-1,"steps":12}', { steps: 12 }],
    ["a sampler of another kind", '{"seed":7,"sampler_name":null}', { seed: 7 }],
    ["a guidance and steps of another kind", '{"seed":7,"cfg_scale":"6","steps":1.5}', { seed: 7 }],
    ["nothing, as stable-diffusion.cpp", "", {}],
    ["something else than JSON", "Steps: 20, Sampler: Euler", {}],
    ["null", null, {}],
  ])("that tells %s of the settings is believed in that", async (_what, info, used) => {
    const { generate } = await onServer(told({ images: [PICTURE], info }));
    expect((await generate()).used).toEqual(used);
  });

  test("of several pictures gives the first, and one without any is refused", async () => {
    const several = await onServer(told({ images: [PICTURE, "aGk="] }));
    expect(await several.generate()).toMatchObject({ width: 64, height: 48 });
    const none = await onServer(told({ images: [] }));
    await expect(none.generate()).rejects.toThrow('Model "mine": expected a picture in base64 from its backend; got none.');
  });
});

describe("a check", () => {
  const listing = (names: readonly string[]) =>
    answering(a1111Contract, ({ path }) =>
      path === "/sdapi/v1/sd-models"
        ? { body: names.map((name) => ({ title: `${name} [31e35c80fc]`, model_name: name })) }
        : undefined,
    );
  const many = Array.from({ length: 21 }, (_, i) => `m${i}`);

  test.each([
    ["no checkpoint is named", undefined, ["xl", "base"], "answers, with 2 checkpoints"],
    ["its name is listed", "base", ["xl", "base"], "answers, with 2 checkpoints"],
    ["its title is listed", "base [31e35c80fc]", ["xl", "base"], "answers, with 2 checkpoints"],
    ["it is not listed", "flux", ["xl", "base"], 'answers, and does not list the checkpoint "flux" among xl, base'],
    ["there is none", "flux", [], 'answers, and does not list the checkpoint "flux" among none'],
    ["there are many", "flux", many, `answers, and does not list the checkpoint "flux" among ${many.slice(0, 20).join(", ")}`],
  ])("says when %s", async (_what, model, names, said) => {
    expect(await (await onServer(listing(names), { model })).check()).toBe(said);
  });

  test("ends when its caller leaves", async () => {
    const { backend } = await onServer(a1111Contract);
    await expect(backend.check?.(AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
  });
});

describe("while it draws", () => {
  /** A server that draws until `finish` is called; its progress is each of these in turn, and null is a failure. */
  const drawing = (...progress: (number | null)[]) => {
    const held = Promise.withResolvers<undefined>();
    const contract = answering(a1111Contract, ({ path }) => {
      if (path === TXT2IMG) return held.promise;
      const value = progress.length > 1 ? progress.shift() : progress[0];
      if (path === "/sdapi/v1/progress") return value === null ? { status: 500, body: {} } : { body: { progress: value } };
      return undefined;
    });
    return { contract, finish: () => held.resolve(undefined) };
  };

  test("its progress is told, a question that fails is left out, and nothing is asked once it has ended", async () => {
    const { contract, finish } = drawing(0.25, null, 0.5);
    const { generate, bodies } = await onServer(contract);
    const told: number[] = [];
    const made = generate({}, { onProgress: (fraction) => told.push(fraction) });
    await expect.poll(() => told.includes(0.5)).toBe(true);
    expect(told[0]).toBe(0.25);
    finish();
    await made;
    const asked = bodies("/sdapi/v1/progress").length;
    await wait(30);
    expect(bodies("/sdapi/v1/progress").length).toBeLessThanOrEqual(asked + 1);
  });

  test("its progress is told as shares of 0 ... 1 that do not fall, though it says 0 once it has drawn", async () => {
    const { contract, finish } = drawing(-0.5, 0, 0.25, 0.75, 0.5, 0, 1.5, 0);
    const { generate, bodies } = await onServer(contract);
    const told: number[] = [];
    const made = generate({}, { onProgress: (fraction) => told.push(fraction) });
    await expect.poll(() => bodies("/sdapi/v1/progress").length).toBeGreaterThan(8);
    finish();
    await made;
    expect(told).toEqual([0, 0.25, 0.75, 1]);
  });

  test("nothing is asked for a caller that does not want to know", async () => {
    const { contract, finish } = drawing(0.25);
    const { generate, bodies } = await onServer(contract);
    const made = generate();
    await wait(30);
    finish();
    await made;
    expect(bodies("/sdapi/v1/progress")).toEqual([]);
  });

  test("a caller that leaves interrupts it with one request, even when that fails", async () => {
    const { contract } = drawing(0.25);
    const failing = answering(contract, ({ path }) => (path === "/sdapi/v1/interrupt" ? { status: 500, body: {} } : undefined));
    const { server, generate } = await onServer(failing);
    const stop = new AbortController();
    const made = generate({}, { signal: stop.signal });
    await expect.poll(() => server.asked.length).toBe(1);
    stop.abort(new Error("the worker stops"));
    await expect(made).rejects.toThrow("the worker stops");
    await expect.poll(() => server.asked.length).toBe(2);
    await wait(30);
    const interrupts = server.asked.filter(({ path }) => path === "/sdapi/v1/interrupt");
    expect(interrupts.map(({ method, body }) => [method, body])).toEqual([["POST", {}]]);
  });

  test("a caller that leaves afterwards does not interrupt the picture of another one", async () => {
    const { generate, bodies } = await onServer(a1111Contract);
    const stop = new AbortController();
    await generate({}, { signal: stop.signal });
    stop.abort(new Error("the worker stops"));
    await wait(30);
    expect(bodies("/sdapi/v1/interrupt")).toEqual([]);
  });
});
