import { parameterShapes, parseClipConfig } from "@pickapic/clip";
import { expect, test } from "vitest";
import { layerRate, mergeLora, startLora, trainedShapes } from "../../src/model/trainedParameters.ts";
import { parseTrainedPart, trainedPartText } from "../../src/settings/trainedPart.ts";

const tower = { hidden_size: 16, intermediate_size: 32, num_attention_heads: 2 };
const config = parseClipConfig({
  model_type: "clip",
  projection_dim: 12,
  text_config: { ...tower, num_hidden_layers: 2, vocab_size: 40, max_position_embeddings: 8 },
  vision_config: { ...tower, num_hidden_layers: 3, image_size: 16, patch_size: 8 },
});
const all = parameterShapes(config);
const namesOf = (part: string) => [...trainedShapes(parseTrainedPart(part)!, config).keys()];

test("the five kinds of trained parts are read, and nothing else is", () => {
  const texts = ["all", "head", "image-head", "last:3", "lora:16"];
  expect(texts.map((text) => trainedPartText(parseTrainedPart(text)!))).toEqual(texts);
  expect(texts.map(parseTrainedPart)).toEqual([
    { kind: "all" },
    { kind: "head" },
    { kind: "image-head" },
    { kind: "last", layers: 3 },
    { kind: "lora", rank: 16 },
  ]);
  for (const other of ["", "last", "last:0", "last:-1", "last:1.5", "lora:", "lora:x", "All", "all:1", "head:1", "lora:99999"])
    expect(parseTrainedPart(other), other).toBeNull();
});

test("all is everything, the head is both projections and the temperature", () => {
  expect(namesOf("all")).toEqual([...all.keys()]);
  expect(namesOf("head").sort()).toEqual(["logit_scale", "text_projection.weight", "visual_projection.weight"]);
});

test("the last layers are those nearest the head in each tower, with the norms above them", () => {
  const names = namesOf("last:1");
  const layers = new Set(names.flatMap((name) => /^(\w+)\.encoder\.layers\.\d+/.exec(name)?.[0] ?? []));
  expect([...layers].sort()).toEqual(["text_model.encoder.layers.1", "vision_model.encoder.layers.2"]);
  expect(names).toEqual(expect.arrayContaining(namesOf("head")));
  expect(names).toContain("text_model.final_layer_norm.weight");
  expect(names).toContain("vision_model.post_layernorm.bias");
  expect(names.some((name) => name.includes("embedding"))).toBe(false);
});

test("more layers than there are train all layers, but not what lies below them", () => {
  const frozen = [...all.keys()].filter((name) => !namesOf("last:99").includes(name));
  expect(frozen.length).toBe(7);
  for (const name of frozen) expect(name).toMatch(/embedding|pre_layrnorm/);
});

test("low-rank additions stand beside every linear layer and both projections, and only the temperature is trained besides", () => {
  const shapes = trainedShapes(parseTrainedPart("lora:4")!, config);
  const linear = [...all].filter(([name, shape]) => shape.length === 2 && !name.includes("embedding"));
  expect(shapes.size).toBe(1 + 2 * linear.length);
  for (const [name, [out, into]] of linear) {
    expect(shapes.get(`${name}.lora_a`)).toEqual([4, into]);
    expect(shapes.get(`${name}.lora_b`)).toEqual([out, 4]);
  }
});

test("additions start from their seed, and at nothing: b is 0", () => {
  const shapes = trainedShapes(parseTrainedPart("lora:2")!, config);
  const started = (seed: number) => {
    const views = new Map([...shapes].map(([name, shape]) => [name, new Float32Array(shape.reduce((n, side) => n * side, 1))]));
    startLora(views, shapes, seed);
    return views;
  };
  const [one, again, other] = [started(1), started(1), started(2)];
  const a = "visual_projection.weight.lora_a";
  expect(one).toEqual(again);
  expect(one.get(a)).not.toEqual(other.get(a));
  expect(Math.max(...one.get(a)!.map(Math.abs))).toBeLessThanOrEqual(0.25); // 16 ** -0.5
  expect(Math.max(...one.get(a)!.map(Math.abs))).toBeGreaterThan(0.1);
  for (const [name, view] of one) if (name.endsWith(".lora_b")) expect(new Set(view)).toEqual(new Set([0]));
});

test("merging adds b a, in the layout of PyTorch", () => {
  const w = Float32Array.of(1, 2, 3, 4, 5, 6); // [2, 3]
  const a = Float32Array.of(1, 0, 2, 0, 1, 1); // [2, 3]
  const b = Float32Array.of(1, 10, 2, 20); // [2, 2]
  expect([...mergeLora(w, a, b, 2)]).toEqual([1 + 1, 2 + 10, 3 + 12, 4 + 2, 5 + 20, 6 + 24]);
  expect([...w]).toEqual([1, 2, 3, 4, 5, 6]);
});

test("with layer decay, each layer learns by the same factor less than the one above it, embeddings least", () => {
  const rate = (name: string) => layerRate(name, 0.5, config);
  expect(rate("logit_scale")).toBe(1);
  expect(rate("text_projection.weight")).toBe(1);
  expect(rate("vision_model.post_layernorm.weight")).toBe(1);
  expect([2, 1, 0].map((i) => rate(`vision_model.encoder.layers.${i}.mlp.fc1.weight`))).toEqual([0.5, 0.25, 0.125]);
  expect([1, 0].map((i) => rate(`text_model.encoder.layers.${i}.mlp.fc1.weight`))).toEqual([0.5, 0.25]);
  expect(rate("vision_model.pre_layrnorm.bias")).toBe(0.0625);
  expect(rate("vision_model.embeddings.patch_embedding.weight")).toBe(0.0625);
  expect(rate("text_model.embeddings.token_embedding.weight")).toBe(0.125);
  expect(rate("vision_model.encoder.layers.2.mlp.fc1.weight.lora_a")).toBe(0.5);
});
