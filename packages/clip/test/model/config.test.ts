import fc from "fast-check";
import { expect, test } from "vitest";
import { ClipError } from "../../src/errors.ts";
import { clipConfigJson, parseClipConfig } from "../../src/model/config.ts";
import { parameterShapes, sizeOf } from "../../src/model/parameters.ts";
import { fixtureJson } from "../fixtures.ts";

test("an empty config is OpenAI's ViT-B/32, as CLIPConfig() is", () => {
  const config = parseClipConfig({ model_type: "clip" });
  expect(config).toEqual({
    text: {
      hiddenSize: 512,
      intermediateSize: 2048,
      layers: 12,
      heads: 8,
      act: "quick_gelu",
      layerNormEps: 1e-5,
      initializerFactor: 1,
      vocabSize: 49408,
      maxPositions: 77,
      eosTokenId: 49407,
      bosTokenId: 49406,
      padTokenId: 1,
    },
    vision: {
      hiddenSize: 768,
      intermediateSize: 3072,
      layers: 12,
      heads: 12,
      act: "quick_gelu",
      layerNormEps: 1e-5,
      initializerFactor: 1,
      imageSize: 224,
      patchSize: 32,
      initializerRange: 0.02,
    },
    projectionDim: 512,
    logitScaleInit: 2.6592,
    initializerFactor: 1,
  });
});

test("a sparse config in the manner of LAION's H/14 keeps the defaults of what it leaves out", () => {
  const { text, vision, projectionDim } = parseClipConfig({
    architectures: ["CLIPModel"],
    model_type: "clip",
    projection_dim: 1024,
    text_config: {
      hidden_act: "gelu",
      hidden_size: 1024,
      intermediate_size: 4096,
      num_attention_heads: 16,
      num_hidden_layers: 24,
      eos_token_id: 2,
    },
    vision_config: {
      hidden_act: "gelu",
      hidden_size: 1280,
      intermediate_size: 5120,
      num_attention_heads: 16,
      num_hidden_layers: 32,
      patch_size: 14,
    },
    torch_dtype: "float32",
  });
  expect({ vocabSize: text.vocabSize, eos: text.eosTokenId, imageSize: vision.imageSize, projectionDim }).toEqual({
    vocabSize: 49408,
    eos: 2,
    imageSize: 224,
    projectionDim: 1024,
  });
});

test("text_config_dict replaces all of text_config, its defaults too", () => {
  const { text } = parseClipConfig({
    model_type: "clip",
    text_config: { hidden_size: 64, vocab_size: 100 },
    text_config_dict: { hidden_size: 128 },
  });
  expect([text.hiddenSize, text.vocabSize]).toEqual([128, 49408]);
});

interface Published {
  config: unknown;
  /** What transformers reads from it. */
  read: {
    projection_dim: number;
    text: Record<string, number | string>;
    vision: Record<string, number | string>;
    tensors: number;
    parameters: number;
  };
}

const { models } = fixtureJson<{ models: Record<string, Published> }>("configs.json");

test.each(Object.keys(models))("the config of %s is read as transformers reads it, and has the tensors of its model", (name) => {
  const { config, read } = models[name]!;
  const parsed = parseClipConfig(config);
  const written = clipConfigJson(parsed) as { text_config: object; vision_config: object };
  expect(parsed.projectionDim).toBe(read.projection_dim);
  expect(written.text_config).toMatchObject(read.text);
  expect(written.vision_config).toMatchObject(read.vision);
  const shapes = [...parameterShapes(parsed).values()];
  expect(shapes).toHaveLength(read.tensors);
  expect(shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)).toBe(read.parameters);
  expect(parseClipConfig(written)).toEqual(parsed);
});

test.each(["quickgelu", "gelu"])("what is written for %s agrees with what transformers wrote", (name) => {
  const theirs = fixtureJson<Record<string, unknown>>(`${name}/config.json`);
  const ours = clipConfigJson(parseClipConfig(theirs));
  // CLIPModel reads projection_dim of the top only; dtype is that of the weights.
  const comparable = (json: Record<string, unknown>) => {
    const { dtype, transformers_version, text_config, vision_config, ...top } = json;
    const bare = (section: unknown) => ({ ...(section as object), projection_dim: 0 });
    return { ...top, text_config: bare(text_config), vision_config: bare(vision_config) };
  };
  expect(comparable(theirs)).toMatchObject(comparable(ours));
});

test("other models are refused in one sentence that says where", () => {
  const cases: [unknown, RegExp][] = [
    [{ model_type: "siglip" }, /model_type: .*"clip".*; got "siglip"\.$/],
    [{ hidden_size: 768 }, /model_type: expected "clip"/],
    [[], /expected an object/],
    [null, /got null/],
    [{ model_type: "clip", text_config: { hidden_act: "swish" } }, /text_config\.hidden_act: .*quick_gelu.*; got "swish"\.$/],
    [{ model_type: "clip", vision_config: { num_channels: 1 } }, /vision_config\.num_channels.*; got 1\.$/],
    [{ model_type: "clip", vision_config: { image_size: [224, 336] } }, /vision_config\.image_size.*square.*\[224,336\]\.$/],
    [{ model_type: "clip", vision_config: { image_size: 225 } }, /image_size: expected a multiple of patch_size 32; got 225\.$/],
    [
      { model_type: "clip", text_config: { hidden_size: 100 } },
      /text_config\.hidden_size: expected a multiple of its 8 attention heads; got 100\.$/,
    ],
    [{ model_type: "clip", text_config: { num_hidden_layers: 0 } }, /num_hidden_layers.*; got 0\.$/],
    [{ model_type: "clip", text_config: { eos_token_id: [1, 2] } }, /eos_token_id.*; got \[1,2\]\.$/],
    [{ model_type: "clip", text_config: { num_hidden_layers: 2 ** 31 - 1 } }, /num_hidden_layers.*1000; got 2147483647\.$/],
    [{ model_type: "clip", vision_config: { image_size: 1e6, patch_size: 1e3 } }, /image_size.*; got 1000000\.$/],
  ];
  for (const [json, words] of cases) {
    const attempt = () => parseClipConfig(json, "model/config.json");
    expect(attempt, JSON.stringify(json)).toThrow(ClipError);
    expect(attempt).toThrow(/^model\/config\.json: this is not a CLIP model that Pick-a-Pic can run: [^\n]*\.$/);
    expect(attempt).toThrow(words);
  }
});

test("a value that is too deep to be printed is described", () => {
  const deep: unknown = JSON.parse(`${"[".repeat(1e5)}${"]".repeat(1e5)}`);
  expect(() => parseClipConfig({ model_type: "clip", text_config: { hidden_act: deep } })).toThrow(
    /hidden_act.*; got lists or objects nested thousands of levels deep\.$/,
  );
});

test("any JSON gives a config or a ClipError", () => {
  const sections = fc.dictionary(
    fc.constantFrom("hidden_size", "image_size", "hidden_act", "eos_token_id", "layer_norm_eps"),
    fc.jsonValue(),
  );
  const input = fc.oneof(
    fc.jsonValue(),
    fc.record({
      model_type: fc.constant("clip"),
      text_config: sections,
      vision_config: sections,
      projection_dim: fc.jsonValue(),
    }),
  );
  fc.assert(
    fc.property(input, (json) => {
      try {
        parseClipConfig(json);
      } catch (error) {
        if (!(error instanceof ClipError)) throw error;
      }
    }),
  );
});

test("a model of simulated pictures stays one, and an unknown kind of pictures is ignored", () => {
  const toy = parseClipConfig({ model_type: "clip", text_config: {}, vision_config: {}, pickapic_pictures: "toy world" });
  expect(toy.pictures).toBe("toy world");
  expect(parseClipConfig(clipConfigJson(toy))).toEqual(toy);
  const other = parseClipConfig({ model_type: "clip", text_config: {}, vision_config: {}, pickapic_pictures: 7 });
  expect("pictures" in other).toBe(false);
  expect("pickapic_pictures" in clipConfigJson(other)).toBe(false);
});
