import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { modelFolder, shippedModels } from "../../src/index.ts";
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
    'There is no model "clip-huge". Models that ship: clip-toy, pickscore-toy. Otherwise give a folder with config.json and model.safetensors, or a name of the hub such as openai/clip-vit-base-patch32.',
  );
});

test("a folder that is no model and a file each say what they are", () => {
  const folder = shelf();
  expect(() => modelFolder(folder, folder)).toThrow(
    /expected a folder with config.json and model.safetensors, but it has no config.json/,
  );
  expect(() => modelFolder(join(folder, "clip-toy", "config.json"), folder)).toThrow(/but it is a file/);
});
