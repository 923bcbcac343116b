import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { COMMIT, openHub } from "../../../fixtures/hub/server.ts";
import { pickapic } from "./terminal.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/clip");
const folder = mkdtempSync(join(tmpdir(), "pickapic-cli-model-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let folders = 0;
const place = () => join(folder, `${folders++}`);

const filesOf = (model: string) =>
  readdirSync(join(FIXTURES, model))
    .filter((name) => name !== "golden.json")
    .map((name): [string, Uint8Array] => [name, readFileSync(join(FIXTURES, model, name))]);
const WEIGHTS = new Map(filesOf("quickgelu")).get("model.safetensors")!;
const SHA256 = createHash("sha256").update(WEIGHTS).digest("hex");

/** A hub with one model, an empty cache, and the commands as somebody there types them. */
async function opened(name = "someone/a-clip", files = filesOf("quickgelu")) {
  const hub = await openHub(name, new Map(files));
  const env = { HF_HUB_CACHE: place(), HF_HOME: place(), HF_ENDPOINT: hub.url };
  const type = (argv: string[], more: Record<string, string> = {}, signal?: AbortSignal) =>
    pickapic(["model", ...argv], { env: { ...env, ...more }, ...(signal && { signal }) });
  return { hub, env, type };
}

test("pull fetches a model with progress and says where it is; the second time it only asks whether it has moved", async () => {
  const { hub, env, type } = await opened();
  const first = await type(["pull", "someone/a-clip", "--json"]);
  const snapshot = join(env.HF_HUB_CACHE, "models--someone--a-clip/snapshots", COMMIT);
  expect(first.code).toBe(0);
  expect(JSON.parse(first.out)).toEqual({
    name: "someone/a-clip",
    revision: "main",
    commit: COMMIT,
    folder: snapshot,
    processorFolder: snapshot,
    weights: "f32",
    bytes: WEIGHTS.length,
  });
  expect(first.err).toMatch(/^fetching: \d+\/\d+ MB/);
  hub.requests.length = 0;
  const again = await type(["pull", "someone/a-clip"]);
  expect(again.out).toContain(`main (${COMMIT.slice(0, 12)})`);
  expect(hub.requests).toEqual(["GET /api/models/someone/a-clip/revision/main", `GET /api/models/someone/a-clip/tree/${COMMIT}`]);
  expect((await type(["pull", "someone/a-clip"], { HF_HUB_OFFLINE: "1" })).code).toBe(0);
});

test("pull takes the processor from where it is told, and of PickScore_v1 knows where that is", async () => {
  const LAION = "laion/CLIP-ViT-H-14-laion2B-s32B-b79K";
  const bare = filesOf("gelu").filter(([name]) => name === "config.json" || name === "model.safetensors");
  const { hub, env, type } = await opened("yuvalkirstain/PickScore_v1", bare);
  const other = await openHub(LAION, new Map(filesOf("gelu")));
  // One address for both: what the first does not have is asked of the second.
  hub.trouble = ({ url }, response) => {
    if (!url!.includes(LAION)) return false;
    return Boolean(response.writeHead(307, { location: `${other.url}${url}` }).end());
  };
  const { code, out, err } = await type(["pull", "yuvalkirstain/PickScore_v1", "--json"]);
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  const { processorFolder, weights } = JSON.parse(out) as { processorFolder: string; weights: string };
  expect(processorFolder).toBe(join(env.HF_HUB_CACHE, "models--laion--CLIP-ViT-H-14-laion2B-s32B-b79K/snapshots", COMMIT));
  expect(existsSync(join(processorFolder, "model.safetensors"))).toBe(false);
  expect(weights).toBe("f16");
  const info = await type(["info", "yuvalkirstain/PickScore_v1"]);
  expect(info.out).toMatch(/processor .*laion/);
});

test("pull names what is wrong in one sentence: a folder, a missing model, offline, a pickle, a broken model", async () => {
  const { hub, type } = await opened();
  expect(await type(["pull", "./runs/mine"])).toEqual({
    code: 2,
    out: "",
    err: 'pickapic: Expected ORG/NAME or ORG/NAME@REVISION of the hub; got "./runs/mine": a folder on this disk needs no pull.\n',
  });
  const offline = await type(["pull", "someone/a-clip"], { HF_HUB_OFFLINE: "1" });
  expect(offline).toMatchObject({ code: 1, err: expect.stringMatching(/HF_HUB_OFFLINE forbids to fetch it/) });
  hub.trouble = (_request, response) => Boolean(response.writeHead(404, { "x-error-code": "RepoNotFound" }).end());
  expect(await type(["pull", "someone/a-clip"])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/no such model on the hub \(404\)/),
  });
  const other = await opened("someone/a-bert", filesOf("quickgelu").map(([name, bytes]) => [name, name === "config.json" ? Buffer.from('{"model_type":"bert"}') : bytes])); // biome-ignore format: one line
  const bert = await other.type(["pull", "someone/a-bert"]);
  expect(bert).toMatchObject({ code: 1, err: expect.stringMatching(/this is not a CLIP model .* got "bert"\.\n$/) });
});

test("Ctrl-C during a pull says that the same command goes on, and it does", async () => {
  const { hub, env, type } = await opened();
  const stop = new AbortController();
  hub.trouble = ({ url }, response) => {
    if (!url!.startsWith("/storage/")) return false;
    response.writeHead(200, { "content-length": WEIGHTS.length });
    response.write(WEIGHTS.subarray(0, 9000));
    setTimeout(() => stop.abort(new Error("stopped")), 100);
    return true;
  };
  const stopped = await type(["pull", "someone/a-clip"], {}, stop.signal);
  expect(stopped.code).toBe(130);
  expect(stopped.err).toMatch(/Stopped\. What has been fetched is kept: the same command goes on with it\.\n$/);
  expect(readdirSync(join(env.HF_HUB_CACHE, "models--someone--a-clip/blobs"))).toContain(`${SHA256}.incomplete`);
  hub.trouble = () => false;
  expect((await type(["pull", "someone/a-clip"])).code).toBe(0);
});

test("a command that scores with a model of the hub fetches it first, where it can be seen", async () => {
  const { env } = await opened();
  inEnvironment(env);
  const picture = join(FIXTURES, "pictures/rgb.png");
  const { code, out, err } = await pickapic(["score", "--prompt", "a cat", "--scorer", "someone/a-clip", "--json", picture], {
    env,
  });
  expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/^fetching: \d+\/\d+ MB/) });
  expect((JSON.parse(out) as { images: unknown[] }).images).toHaveLength(1);
});

test("so does training that starts from one, before it looks at anything else", async () => {
  const { env } = await opened();
  inEnvironment(env);
  const missing = join(env.HF_HOME, "no-dataset");
  const command = ["train", missing, "--init", "someone/a-clip", "--out", join(env.HF_HOME, "run")];
  const { code, err } = await pickapic(command, { env });
  expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^fetching: \d+\/\d+ MB.*no-dataset/s) });
});

/** Models are looked for by the environment of the process; for the time of a test that is `env`. */
function inEnvironment(env: Readonly<Record<string, string>>): void {
  const before = { ...process.env };
  Object.assign(process.env, env);
  onTestFinished(() => {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
  });
}

test("info says what a model is, of the hub too", async () => {
  const { type } = await opened();
  const { code, out } = await type(["info", "someone/a-clip", "--sha256", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    weights: "f32",
    files: [{ name: "model.safetensors", bytes: WEIGHTS.length, sha256: SHA256 }],
    onnx: false,
    text: { activation: "quick_gelu", end: "highest id", positions: 77 },
    image: { side: 24 },
    temperature: expect.closeTo(Math.exp(3.25), 3),
  });
  const other = await type(["info", join(FIXTURES, "gelu")]);
  expect(other.out).toMatch(/weights +f16, /);
  expect(other.out).toMatch(/gelu; 77 positions, \d+ tokens, ends at id 1\n/);
  const shipped = await type(["info", "--json"]);
  expect((JSON.parse(shipped.out) as { models: { name: string }[] }).models.map(({ name }) => name)).toEqual([
    "clip-toy",
    "pickscore-toy",
  ]);
});

test("convert writes the kinds of weights, with ONNX where asked, and keeps the kind when nothing is said", async () => {
  const source = join(FIXTURES, "quickgelu");
  const [out, again] = [place(), place()];
  const first = await pickapic(["model", "convert", source, "--out", out, "--dtype", "int8", "--onnx", "--json"]);
  expect(first.code).toBe(0);
  const { bytes, bytesBefore, onnx } = JSON.parse(first.out) as { bytes: number; bytesBefore: number; onnx: string };
  expect(bytes / bytesBefore).toBeLessThan(0.5);
  expect(onnx).toBe(join(out, "model.onnx"));
  expect((await pickapic(["model", "info", out])).out).toMatch(/weights +int8, .* and model\.onnx\n/);
  const second = await pickapic(["model", "convert", out, "--out", again]);
  expect(second.out).toMatch(/weights +int8, [\d.]+ MB, 100 % of what it was/);
  expect(readFileSync(join(again, "model.safetensors")).equals(readFileSync(join(out, "model.safetensors")))).toBe(true);
});

test.runIf(process.platform === "linux")(
  "convert says that nothing can be written where that is so, and not that the disk is full",
  async () => {
    for (const out of ["/proc/x", "/proc/x/y"])
      expect(await pickapic(["model", "convert", "clip-toy", "--out", out])).toMatchObject({
        code: 1,
        err: `pickapic: Nothing can be written to /proc: choose another place. Nothing was written to ${out}.\n`,
      });
  },
);

test("convert makes a model of open_clip one of transformers, with the tokenizer of another where it has none", async () => {
  const source = join(FIXTURES, "../openclip/gelu");
  const out = place();
  const { code, out: printed, err } = await pickapic(["model", "convert", source, "--out", out, "--json"]);
  expect({ code, err }).toMatchObject({ code: 0 });
  expect(JSON.parse(printed)).toMatchObject({ folder: out, weights: "f16" });
  expect((await pickapic(["model", "info", out])).code).toBe(0);
  const bare = place();
  cpSync(source, bare, { recursive: true, filter: (file) => !/vocab|merges/.test(file) });
  const refused = await pickapic(["model", "convert", bare, "--out", place()]);
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringMatching(/expected tokenizer\.json, or vocab\.json and merges\.txt/),
  });
  expect((await pickapic(["model", "convert", bare, "--out", place(), "--processor", source])).code).toBe(0);
  const scored = await pickapic(["model", "info", bare]);
  expect(scored).toMatchObject({
    code: 1,
    err: expect.stringMatching(/open_clip_config\.json of open_clip: convert it first with/),
  });
});

test("convert refuses in one sentence, and leaves nothing", async () => {
  const source = place();
  cpSync(join(FIXTURES, "quickgelu"), source, { recursive: true });
  const same = await pickapic(["model", "convert", source, "--out", source, "--dtype", "f16"]);
  expect(same).toMatchObject({ code: 1, err: expect.stringMatching(/expected another folder than the one that is converted/) });
  const out = place();
  const brain = await pickapic(["model", "convert", source, "--out", out, "--dtype", "bf16", "--onnx"]);
  expect(brain).toMatchObject({ code: 2, err: expect.stringMatching(/--onnx: expected --dtype f32, f16 or int8/) });
  writeFileSync(join(source, "model.safetensors"), WEIGHTS.subarray(0, 5000));
  const cut = await pickapic(["model", "convert", source, "--out", out]);
  expect(cut).toMatchObject({ code: 1, err: expect.stringMatching(/this is not a whole safetensors file/) });
  expect((await pickapic(["model", "convert", source, "--out", out, "--dtype", "f8"])).code).toBe(2);
  const stopped = await pickapic(["model", "convert", "clip-toy", "--out", out], { signal: AbortSignal.abort() });
  expect(stopped).toMatchObject({ code: 130, err: expect.stringMatching(/Stopped\. Nothing was written to .*\.\n$/) });
  expect(existsSync(out)).toBe(false);
});
