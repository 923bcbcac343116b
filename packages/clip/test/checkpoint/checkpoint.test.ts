import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCheckpoint, saveCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { listTensors } from "../../src/checkpoint/safetensors.ts";
import { readTensors } from "../../src/checkpoint/tensorValues.ts";
import { streamSafetensors, type TensorSource, writeSafetensors } from "../../src/checkpoint/writeSafetensors.ts";
import { ClipError } from "../../src/errors.ts";
import { FIXTURES, temporaryFolder } from "../fixtures.ts";

/** A copy of a fixture that may be damaged. */
function copy(name = "quickgelu"): string {
  const folder = temporaryFolder();
  cpSync(join(FIXTURES, name), folder, { recursive: true });
  return folder;
}

type Tensors = Map<string, { shape: readonly number[]; data: Float32Array }>;

/** A copy of a fixture with other tensors in its weight file. */
async function copyWith(change: (tensors: Tensors) => void): Promise<string> {
  const folder = copy();
  const file = join(folder, "model.safetensors");
  const listed = await listTensors(file);
  const data = await readTensors(listed);
  const tensors: Tensors = new Map([...listed].map(([name, { shape }]) => [name, { shape, data: data.get(name)! }]));
  change(tensors);
  await writeSafetensors(file, tensors);
  return folder;
}

test.each(["quickgelu", "gelu"])("%s survives being read, written and read again", async (name) => {
  const first = await openCheckpoint(join(FIXTURES, name));
  const parameters = await first.readAll();
  const folder = join(temporaryFolder(), "deep", "new");
  await saveCheckpoint(folder, {
    config: first.config,
    parameters,
    tokenizerFiles: first.tokenizer.files,
    processor: first.processor,
  });
  const second = await openCheckpoint(folder);
  expect(second.config).toEqual(first.config);
  expect(second.processor).toEqual(first.processor);
  expect(second.tokenizer.encode(["a red cat"])).toEqual(first.tokenizer.encode(["a red cat"]));
  expect(await second.readAll()).toEqual(parameters);
  expect(await second.read("logit_scale")).toEqual(Float32Array.of(3.25));
  expect(readdirSync(folder).filter((file) => file.endsWith(".part"))).toEqual([]);
});

test("settings that transformers wants as floats are written with a decimal point", async () => {
  const { config, tokenizer, processor, readAll } = await openCheckpoint(join(FIXTURES, "gelu"));
  const folder = temporaryFolder();
  await saveCheckpoint(folder, { config, parameters: await readAll(), tokenizerFiles: tokenizer.files, processor });
  expect(readFileSync(join(folder, "config.json"), "utf8").match(/"initializer_factor": 1\.0/g)).toHaveLength(3);
});

test("weights in shards are found through their index", async () => {
  const whole = await openCheckpoint(join(FIXTURES, "quickgelu"));
  const folder = copy();
  const entries = [...(await whole.readAll())].map(
    ([name, data]) => [name, { shape: whole.tensors.get(name)!.shape, data }] as const,
  );
  rmSync(join(folder, "model.safetensors"));
  const half = entries.length / 2;
  await writeSafetensors(join(folder, "one.safetensors"), new Map(entries.slice(0, half)));
  await writeSafetensors(join(folder, "two.safetensors"), new Map(entries.slice(half)));
  const weight_map = Object.fromEntries(entries.map(([name], i) => [name, i < half ? "one.safetensors" : "two.safetensors"]));
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map }));
  expect(await (await openCheckpoint(folder)).readAll()).toEqual(await whole.readAll());
  await writeSafetensors(join(folder, "two.safetensors"), new Map([entries[0]!, ...entries.slice(half)]));
  await expect(openCheckpoint(folder)).rejects.toMatchObject({
    code: "PICKAPIC_CLIP_TENSORS_WRONG",
    message: `${folder}: expected each tensor in one file; ${entries[0]![0]} is in one.safetensors and in two.safetensors.`,
  });
  rmSync(join(folder, "two.safetensors"));
  await expect(openCheckpoint(folder)).rejects.toThrow(/two\.safetensors: expected a safetensors file; there is nothing\.$/);
  writeFileSync(
    join(folder, "model.safetensors.index.json"),
    JSON.stringify({ weight_map: { logit_scale: "../../etc/passwd" } }),
  );
  await expect(openCheckpoint(folder)).rejects.toThrow(/expected a weight_map from tensor names to files in this folder/);
});

test("tokenizer and processor may come from another folder, or from processor_config.json", async () => {
  const bare = copy();
  const others = copy();
  for (const file of ["vocab.json", "merges.txt", "tokenizer_config.json", "preprocessor_config.json"]) rmSync(join(bare, file));
  await expect(openCheckpoint(bare)).rejects.toMatchObject({
    code: "PICKAPIC_CLIP_FILE_MISSING",
    message: expect.stringContaining("expected tokenizer.json"),
  });
  const image_processor = JSON.parse(readFileSync(join(others, "preprocessor_config.json"), "utf8"));
  rmSync(join(others, "preprocessor_config.json"));
  writeFileSync(join(others, "processor_config.json"), JSON.stringify({ image_processor, processor_class: "CLIPProcessor" }));
  expect((await openCheckpoint(bare, { processorFolder: others })).processor.crop).toEqual({ height: 24, width: 24 });
});

test("old position_ids are passed over", async () => {
  const folder = await copyWith((tensors) => {
    tensors.set("text_model.embeddings.position_ids", { shape: [1, 77], data: new Float32Array(77) });
  });
  expect((await openCheckpoint(folder)).tensors.has("text_model.embeddings.position_ids")).toBe(false);
});

test("tensors that do not fit the config are named", async () => {
  const folder = await copyWith((tensors) => {
    tensors.delete("logit_scale");
    tensors.set("lora.weight", { shape: [1], data: new Float32Array(1) });
    tensors.set("text_projection.weight", { shape: [2, 3], data: new Float32Array(6) });
  });
  await expect(openCheckpoint(folder)).rejects.toMatchObject({
    code: "PICKAPIC_CLIP_TENSORS_WRONG",
    message: `${folder}: its weights do not fit its config.json: missing: logit_scale; not part of a CLIP: lora.weight; wrong: text_projection.weight is [2,3], expected [24,32].`,
  });
});

test("weights of a kind that is not computed with are named", async () => {
  const folder = copy();
  const file = join(folder, "model.safetensors");
  const tensors = [...(await listTensors(file))].map(([name, { shape }]): [string, TensorSource] => {
    const dtype = name === "logit_scale" ? "F64" : name === "text_projection.weight" ? "I64" : "F32";
    const bytes = shape.reduce((product, side) => product * side, dtype === "F32" ? 4 : 8);
    return [name, { dtype, shape, read: () => new Uint8Array(bytes) }];
  });
  await streamSafetensors(file, new Map(tensors));
  await expect(openCheckpoint(folder)).rejects.toMatchObject({
    code: "PICKAPIC_CLIP_TENSORS_WRONG",
    message: expect.stringMatching(/its weights do not fit its config\.json: it is in 64 bits: .*\.$/),
  });
});

test("a folder that is not a whole checkpoint is refused in one sentence", async () => {
  const damaged = (damage: (folder: string) => void) => {
    const folder = copy();
    damage(folder);
    return folder;
  };
  const write = (name: string, text: string) => (folder: string) => writeFileSync(join(folder, name), text);
  const remove = (name: string) => (folder: string) => rmSync(join(folder, name));
  const cut = (folder: string) =>
    writeFileSync(join(folder, "model.safetensors"), readFileSync(join(folder, "model.safetensors")).subarray(0, -1000));
  const pickled = (name: string) => (folder: string) => {
    remove("model.safetensors")(folder);
    write(name, "PK")(folder);
  };
  const cases: [string, string, RegExp][] = [
    [
      join(FIXTURES, "nowhere"),
      "PICKAPIC_CLIP_FOLDER_MISSING",
      /nowhere: expected a checkpoint folder; there is nothing here\.$/,
    ],
    [join(FIXTURES, "make.py"), "PICKAPIC_CLIP_FOLDER_MISSING", /this is a file\.$/],
    [damaged(remove("config.json")), "PICKAPIC_CLIP_FILE_MISSING", /config\.json: expected a JSON file; it is not there\.$/],
    [
      damaged(write("config.json", "{")),
      "PICKAPIC_CLIP_FILE_UNREADABLE",
      /config\.json: expected a JSON object; it is not one\.$/,
    ],
    [damaged(write("config.json", '{"model_type":"bert"}')), "PICKAPIC_CLIP_CONFIG_UNSUPPORTED", /got "bert"\.$/],
    [damaged(remove("model.safetensors")), "PICKAPIC_CLIP_FILE_MISSING", /expected model\.safetensors in it; there is none\.$/],
    [damaged(cut), "PICKAPIC_CLIP_SAFETENSORS_BROKEN", /truncated/],
    ...["pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "open_clip_pytorch_model.bin", "ViT-B-32.pt"].map(
      (name): [string, string, RegExp] => [
        damaged(pickled(name)),
        "PICKAPIC_CLIP_PICKLE_REFUSED",
        new RegExp(`it has ${name} only, a pickle, and opening a pickle can run any code`),
      ],
    ),
    [damaged(pickled("training_args.bin")), "PICKAPIC_CLIP_FILE_MISSING", /expected model\.safetensors in it; there is none/],
    [
      damaged(remove("preprocessor_config.json")),
      "PICKAPIC_CLIP_FILE_MISSING",
      /expected preprocessor_config\.json; it is not there: name the model/,
    ],
    [damaged(write("preprocessor_config.json", '{"resample":0}')), "PICKAPIC_CLIP_PROCESSOR_UNSUPPORTED", /resample/],
    [
      damaged(write("preprocessor_config.json", "{}")),
      "PICKAPIC_CLIP_PROCESSOR_UNSUPPORTED",
      /expected pictures of 24 x 24, as the model takes them; it makes 224 x 224\.$/,
    ],
    [
      damaged(write("preprocessor_config.json", '{"do_center_crop":false}')),
      "PICKAPIC_CLIP_PROCESSOR_UNSUPPORTED",
      /it makes whatever size the picture has\.$/,
    ],
    [damaged(write("vocab.json", "[]")), "PICKAPIC_CLIP_TOKENIZER_BROKEN", /vocab\.json/],
  ];
  for (const [folder, code, words] of cases) {
    const error = await openCheckpoint(folder).catch((reason: unknown) => reason);
    expect(error, code).toBeInstanceOf(ClipError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
    expect((error as Error).message).not.toContain("\n");
  }
});

test("parameters that are not those of the config are not saved", async () => {
  const { config, tokenizer, processor, readAll } = await openCheckpoint(join(FIXTURES, "gelu"));
  const parameters = await readAll();
  parameters.delete("logit_scale");
  parameters.set("extra", new Float32Array(1));
  await expect(
    saveCheckpoint(temporaryFolder(), { config, parameters, tokenizerFiles: tokenizer.files, processor }),
  ).rejects.toThrow("missing parameters [logit_scale], unknown [extra]");
});
