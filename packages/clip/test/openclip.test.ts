import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodePicture } from "@pickapic/pictures";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../src/checkpoint/checkpoint.ts";
import { convertCheckpoint } from "../src/convert.ts";
import { openEncoder } from "../src/encoder.ts";
import { parseOpenClip } from "../src/openclip/config.ts";
import { isOpenClip, openOpenClip } from "../src/openclip/open.ts";
import { preprocess } from "../src/pixels/pixels.ts";
import { AS_PILLOW, FIXTURES, type Golden, largestDifference, temporaryFolder } from "./fixtures.ts";

const OPEN_CLIP = join(FIXTURES, "../openclip");
const FILES = ["open_clip_config.json", "open_clip_model.safetensors", "vocab.json", "merges.txt"];
type OpenGolden = Golden & { logitScale: number };
const golden = (name: string) => JSON.parse(readFileSync(join(OPEN_CLIP, name, "golden.json"), "utf8")) as OpenGolden;

// `quickgelu` is a CLIP in 32 bits with heads of 8; `gelu` a CustomTextCLIP in 16 bits with heads of 5 and 6, other widths of its layers, and squashed pictures.
test.each(["quickgelu", "gelu"])("%s of open_clip converts, and computes what open_clip does within 1e-5", async (name) => {
  const folder = join(OPEN_CLIP, name);
  expect(await isOpenClip(folder)).toBe(true);
  const out = join(temporaryFolder(), "out");
  await convertCheckpoint(await openOpenClip(folder), out, "f32");
  const checkpoint = await openCheckpoint(out);
  const encoder = await openEncoder(checkpoint, { threads: 1 });
  const { texts, pictures, text, image, logitScale } = golden(name);
  const pixels = await Promise.all(
    pictures.map(async (file) =>
      preprocess(await decodePicture(join(FIXTURES, "pictures", file), AS_PILLOW), checkpoint.processor),
    ),
  );
  expect(largestDifference(await encoder.embedTexts(texts), text.flat())).toBeLessThan(1e-5);
  expect(largestDifference(await encoder.embedImages(pixels), image.flat())).toBeLessThan(1e-5);
  expect(encoder.logitScale).toBeCloseTo(logitScale, 3);
  await encoder.close();
});

test("all of it is the same whether it is read at once, one by one, or from what was written", async () => {
  const source = await openOpenClip(join(OPEN_CLIP, "quickgelu"));
  const all = await source.readAll();
  const out = join(temporaryFolder(), "out");
  await convertCheckpoint(source, out, "f32");
  const written = await (await openCheckpoint(out)).readAll();
  expect([...written.keys()].sort()).toEqual([...all.keys()].sort());
  for (const [name, data] of all) expect(written.get(name), name).toEqual(data);
  await expect(source.read("visual.proj")).rejects.toThrow("visual.proj is not a tensor of a CLIP");
});

const json = (name: string) => JSON.parse(readFileSync(join(OPEN_CLIP, name, "open_clip_config.json"), "utf8"));

describe("what is no ViT CLIP is refused by the setting that makes it one", () => {
  const base = json("quickgelu");
  const model = (changes: object) => ({ ...base, model_cfg: { ...base.model_cfg, ...changes } });
  const vision = (changes: object) => model({ vision_cfg: { ...base.model_cfg.vision_cfg, ...changes } });
  const text = (changes: object) => model({ text_cfg: { ...base.model_cfg.text_cfg, ...changes } });
  test.each<[string, unknown, RegExp]>([
    ["CoCa", model({ multimodal_cfg: { width: 8 } }), /model_cfg\.multimodal_cfg: not supported/],
    ["SigLIP", model({ init_logit_bias: -10 }), /model_cfg\.init_logit_bias: not supported/],
    [
      "a ResNet",
      vision({ layers: [3, 4, 6, 3] }),
      /vision_cfg\.layers: expected the number of layers of a ViT \(four numbers are a ResNet\)/,
    ],
    ["a tower of timm", vision({ timm_model_name: "vit_base" }), /vision_cfg\.timm_model_name: not supported/],
    ["a text tower of transformers", text({ hf_model_name: "roberta-base" }), /text_cfg\.hf_model_name: not supported/],
    ["another tokenizer", text({ hf_tokenizer_name: "t5-base" }), /text_cfg\.hf_tokenizer_name: not supported/],
    ["averaged patches", vision({ pool_type: "avg" }), /vision_cfg\.pool_type: only "tok" is supported/],
    ["an attentional pool", vision({ attentional_pool: true }), /attentional_pool: only false/],
    ["no first norm", vision({ no_ln_pre: true }), /no_ln_pre: only false/],
    ["a text that looks ahead", text({ no_causal_mask: true }), /no_causal_mask: only false/],
    ["the last token", text({ pool_type: "last" }), /text_cfg\.pool_type: only "argmax" is supported/],
    ["a projection with a bias", text({ proj_bias: true }), /proj_bias: only false/],
    ["layer scale", vision({ ls_init_value: 0.1 }), /ls_init_value: not supported/],
    ["another epsilon", text({ norm_kwargs: { eps: 1e-6 } }), /norm_kwargs: only the defaults are supported/],
    ["oblong pictures", vision({ image_size: [24, 32] }), /image_size/],
    ["a setting of the future", vision({ rotary: true }), /vision_cfg: .*rotary/],
    [
      "bilinear pictures",
      { ...base, preprocess_cfg: { interpolation: "bilinear" } },
      /preprocess_cfg\.interpolation: only "bicubic" or "random"/,
    ],
    [
      "padded pictures",
      { ...base, preprocess_cfg: { resize_mode: "longest" } },
      /resize_mode: only shortest and squash are supported/,
    ],
    ["an empty file", {}, /model_cfg/],
  ])("%s", (_, config, words) => {
    expect(() => parseOpenClip(config, "x.json")).toThrow(words);
    expect(() => parseOpenClip(config, "x.json")).toThrow(
      /^x\.json: only open_clip's ViT CLIPs can be converted, not its CoCa, SigLIP, ResNet/,
    );
  });

  test("what has no effect, and defaults that are written down, are taken", () => {
    const explicit = vision({
      patch_dropout: 0.5,
      pool_type: "tok",
      ls_init_value: null,
      act_kwargs: {},
      image_size: [24, 24],
      output_tokens: true,
    });
    expect(parseOpenClip(explicit, "x.json")).toEqual(parseOpenClip(base, "x.json"));
    expect(parseOpenClip({ model_cfg: base.model_cfg }, "x.json").processor).toEqual(parseOpenClip(base, "x.json").processor);
  });
});

test("a folder that lacks the weights, or has those of another model, says so", async () => {
  const folder = temporaryFolder();
  const place = (name: string, from = "quickgelu") => copyFileSync(join(OPEN_CLIP, from, name), join(folder, name));
  for (const name of FILES) if (!name.endsWith(".safetensors")) place(name);
  await expect(openOpenClip(folder)).rejects.toThrow(
    /expected open_clip_model\.safetensors beside open_clip_config\.json; it is not there: save it/,
  );
  place("open_clip_model.safetensors", "gelu");
  await expect(openOpenClip(folder)).rejects.toThrow(/its weights do not fit its open_clip_config\.json: /);
  mkdirSync(join(folder, "bare"));
  await expect(openCheckpoint(join(OPEN_CLIP, "gelu"))).rejects.toThrow(
    /config\.json: expected a JSON file; it is not there, but open_clip_config\.json of open_clip: convert it first with `pickapic model convert/,
  );
  writeFileSync(join(folder, "config.json"), "{}");
  expect(await isOpenClip(folder)).toBe(false);
});
