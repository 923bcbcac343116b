import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findModel, modelFolder, shippedModels } from "../../src/index.ts";
import { temporaryFolder } from "../tinyClip.ts";

function shelf(): string {
  const folder = temporaryFolder();
  for (const name of ["pickscore-toy", "clip-toy"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "config.json"), "{}");
  }
  return folder;
}

test("a shipped model goes by its name, any other by its folder", () => {
  const folder = shelf();
  expect(shippedModels(folder)).toEqual(["clip-toy", "pickscore-toy"]);
  expect(modelFolder("clip-toy", folder)).toBe(join(folder, "clip-toy"));
  expect(modelFolder(join(folder, "pickscore-toy"), temporaryFolder())).toBe(join(folder, "pickscore-toy"));
});

test("an unknown model gets a sentence with the names of those that exist", () => {
  expect(() => modelFolder("clip-huge", shelf())).toThrow(
    'There is no model "clip-huge". Models that ship: clip-toy, pickscore-toy. Otherwise give a folder with config.json and model.safetensors, or a name of the hub such as openai/clip-vit-base-patch32 (with @main behind it where a folder here has the name before the slash).',
  );
});

test.each([
  ["./nowhere/mine"],
  ["../nowhere"],
  ["nowhere/"],
  ["/nowhere/mine"],
  ["..\\nowhere"],
  ["runs\\mine"],
  ["C:/models/mine"],
  ["~/mine"],
  ["packages/no-such-model"],
])("%s means a folder: that there is none is said at once, without asking the hub", async (name) => {
  const env = { HF_ENDPOINT: "http://127.0.0.1:9", HF_HUB_CACHE: temporaryFolder() };
  await expect(findModel(name, { env })).rejects.toMatchObject({
    code: "PICKAPIC_CHECKPOINT_UNKNOWN",
    message: expect.stringMatching(/^There is no folder \S+ \(looked for .*\)\. Models that ship: /),
  });
});

test("a name of the hub is asked for, and so is one with a revision where a folder has the name before the slash", async () => {
  const effects = { fetch: () => Promise.reject(new Error("it was asked")), wait: async () => {} };
  const env = { HF_HUB_CACHE: temporaryFolder() };
  for (const name of ["someone/a-clip", "packages/no-such-model@main"])
    await expect(findModel(name, { env, effects })).rejects.toThrow(/could not be used \(it was asked\)/);
});

test("a folder that is no model and a file each say what they are", () => {
  const folder = shelf();
  expect(() => modelFolder(folder, folder)).toThrow(
    /expected a folder with config.json and model.safetensors, but it has no config.json/,
  );
  expect(() => modelFolder(join(folder, "clip-toy", "config.json"), folder)).toThrow(/but it is a file: give the folder/);
  const pickle = join(temporaryFolder(), "epoch_3.pt");
  writeFileSync(pickle, "PK\x03\x04archive/data.pkl");
  expect(() => modelFolder(pickle)).toThrow(/but it is a file; it is a pickle of PyTorch, and opening a pickle can run any code/);
});
