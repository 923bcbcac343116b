import { join } from "node:path";
import { mulberry32 } from "@pickapic/chance";
import { expect, test } from "vitest";
import { listTensors } from "../../src/checkpoint/safetensors.ts";
import { parseClipConfig } from "../../src/model/config.ts";
import { initializeParameters, parameterShapes } from "../../src/model/parameters.ts";
import { FIXTURES, fixtureJson } from "../fixtures.ts";

test.each(["quickgelu", "gelu"])("names and shapes of %s are those that transformers saved", async (name) => {
  const saved = await listTensors(join(FIXTURES, name, "model.safetensors"));
  const expected = [...saved].map(([key, { shape }]) => [key, shape] as const);
  const ours = parameterShapes(parseClipConfig(fixtureJson(`${name}/config.json`)));
  expect([...ours].sort()).toEqual(expected.sort());
});

test("fresh weights have the deviations of transformers' initialisation", () => {
  const text_config = { hidden_size: 128, intermediate_size: 512, num_hidden_layers: 2, vocab_size: 1000 };
  const vision_config = { hidden_size: 192, intermediate_size: 768, num_hidden_layers: 3, image_size: 64 };
  const config = parseClipConfig({ model_type: "clip", text_config, vision_config });
  const weights = initializeParameters(config, mulberry32(7));
  const deviation = (name: string) =>
    Math.sqrt(weights.get(name)!.reduce((sum, value) => sum + value * value, 0) / weights.get(name)!.length);
  const text = "text_model.encoder.layers.1";
  const vision = "vision_model.encoder.layers.2";
  const expected: Record<string, number> = {
    "text_model.embeddings.token_embedding.weight": 0.02,
    "text_model.embeddings.position_embedding.weight": 0.02,
    "vision_model.embeddings.class_embedding": 192 ** -0.5,
    "vision_model.embeddings.patch_embedding.weight": 0.02,
    [`${text}.self_attn.q_proj.weight`]: (128 * 4) ** -0.5,
    [`${text}.self_attn.out_proj.weight`]: 128 ** -0.5,
    [`${text}.mlp.fc1.weight`]: (2 * 128) ** -0.5,
    [`${text}.mlp.fc2.weight`]: (128 * 4) ** -0.5,
    [`${vision}.self_attn.v_proj.weight`]: (192 * 6) ** -0.5,
    [`${vision}.mlp.fc2.weight`]: (192 * 6) ** -0.5,
    "visual_projection.weight": 192 ** -0.5,
    "text_projection.weight": 128 ** -0.5,
  };
  for (const [name, value] of Object.entries(expected))
    expect(deviation(name) / value, name).toBeCloseTo(1, name.includes("class") ? 0 : 1.5);
  expect(weights.get(`${text}.mlp.fc1.bias`)!.every((value) => value === 0)).toBe(true);
  expect(weights.get(`${vision}.layer_norm1.weight`)!.every((value) => value === 1)).toBe(true);
  expect(weights.get("logit_scale")).toEqual(Float32Array.of(2.6592));
});

test("the same random numbers give the same weights", () => {
  const config = parseClipConfig(fixtureJson("gelu/config.json"));
  expect(initializeParameters(config, mulberry32(1))).toEqual(initializeParameters(config, mulberry32(1)));
  expect(initializeParameters(config, mulberry32(1))).not.toEqual(initializeParameters(config, mulberry32(2)));
});
