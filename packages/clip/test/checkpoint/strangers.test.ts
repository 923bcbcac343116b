import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { strangerAmong } from "../../src/checkpoint/strangers.ts";
import { streamSafetensors, type TensorSource } from "../../src/checkpoint/writeSafetensors.ts";
import { parseClipConfig } from "../../src/model/config.ts";
import { FIXTURES, temporaryFolder } from "../fixtures.ts";

const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 605157884\n`;

/** The folder of a model whose `name` is replaced. */
function modelWith(name: string, content: string | Uint8Array): string {
  const folder = temporaryFolder();
  for (const file of readdirSync(join(FIXTURES, "quickgelu")))
    copyFileSync(join(FIXTURES, "quickgelu", file), join(folder, file));
  writeFileSync(join(folder, name), content);
  return folder;
}

const one = (words: RegExp) => ({ message: expect.stringMatching(words), name: "ClipError" });

test.each<[string, string | Uint8Array, RegExp]>([
  [
    "a pointer of Git LFS",
    LFS,
    /it is a pointer of Git LFS .*: run `git lfs pull` in its folder, or fetch the model with `pickapic model pull`/,
  ],
  [
    "a page",
    "<!DOCTYPE html><html><body>Not found",
    /it is a page of the web \(HTML\) and not the file itself: download the file/,
  ],
  ["a zipped pickle", "PK\x03\x04archive/data.pkl", /it is a pickle of PyTorch, and opening/],
  ["a bare pickle", Buffer.from("\x80\x02}q\x00.", "latin1"), /it is a pickle of PyTorch, and opening/],
  ["a GGUF", "GGUF\x03\0\0\0", /it is a GGUF file/],
])("%s in place of the weights, and of the config, is one sentence with the remedy", async (_, content, words) => {
  await expect(openCheckpoint(modelWith("model.safetensors", content))).rejects.toMatchObject(one(words));
  await expect(openCheckpoint(modelWith("config.json", content))).rejects.toMatchObject(one(words));
});

test("weights that break off are named so", async () => {
  const folder = modelWith("x", "");
  truncateSync(join(folder, "model.safetensors"), 20_000);
  await expect(openCheckpoint(folder)).rejects.toMatchObject(one(/it is truncated, fetch it again/));
});

/** A model of one value for each name, of a kind. */
async function modelOf(names: readonly string[], dtype: "F32" | "F64" = "F32"): Promise<string> {
  const folder = modelWith("x", "");
  rmSync(join(folder, "x"));
  const source: TensorSource = { dtype, shape: [1], read: () => (dtype === "F64" ? new Float64Array(1) : new Float32Array(1)) };
  await streamSafetensors(join(folder, "model.safetensors"), new Map(names.map((name) => [name, source])));
  return folder;
}

test.each<[string, string[], RegExp]>([
  [
    "a wrapper's names",
    ["module.logit_scale", "module.text_model.x"],
    /do not fit its config\.json: every name begins with "module\.", .* save it in Python without the wrapper/,
  ],
  ["a compiled model's names", ["_orig_mod.logit_scale"], /every name begins with "_orig_mod\."/],
  [
    "open_clip's names",
    ["visual.conv1.weight", "transformer.resblocks.0.ln_1.weight"],
    /these are the names of open_clip: .*pickapic model convert/,
  ],
  [
    "a text tower",
    ["text_model.embeddings.token_embedding.weight"],
    /it is the text tower of a CLIP alone, .* take the whole CLIPModel/,
  ],
  ["an image tower", ["vision_model.embeddings.class_embedding"], /it is the image tower of a CLIP alone/],
])("%s are named, with the remedy", async (_, names, words) => {
  await expect(openCheckpoint(await modelOf(names))).rejects.toMatchObject(one(words));
});

test("weights in 64 bits are named, with the remedy", async () => {
  const config = parseClipConfig(JSON.parse(readFileSync(join(FIXTURES, "quickgelu/config.json"), "utf8")));
  expect(config.text.layers).toBe(2);
  await expect(openCheckpoint(await modelOf(["logit_scale"], "F64"))).rejects.toMatchObject(
    one(
      /its weights do not fit its config\.json: it is in 64 bits: save it in Python as 32 \(model\.float\(\)\.save_pretrained\)\.$/,
    ),
  );
});

test("a tower that was saved alone is known by its config", () => {
  expect(() => parseClipConfig({ model_type: "clip_text_model" }, "c.json")).toThrow(
    /it is the text tower of a CLIP alone, and scoring needs both/,
  );
  expect(() => parseClipConfig({ model_type: "clip_vision_model" }, "c.json")).toThrow(/it is the image tower of a CLIP alone/);
});

test.each([
  [["open_clip_config.json", "open_clip_pytorch_model.bin"], /open_clip_config\.json of open_clip: convert it first/],
  [["epoch_3.pt"], /epoch_3\.pt, a pickle, which is never opened: save it as model\.safetensors in Python/],
  [["model_index.json"], /a pipeline of diffusers: name the CLIP itself/],
  [["adapter_config.json"], /an adapter of peft: merge it/],
  [["clip.safetensors"], /clip\.safetensors: is it another model, or another name\?/],
  [["readme.txt"], /^$/],
])("a folder with %s says what it is", (names, words) => {
  expect(strangerAmong(names)).toMatch(words);
});
