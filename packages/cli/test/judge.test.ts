import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addKey, type JudgeCalibration, openJudge, openKeys, readCalibration } from "@pickapic/judge";
import { openMetrics, startJudgeServer } from "@pickapic/server/judge";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../src/program.ts";
import { writeRankings } from "./evaluate/rankings.ts";
import { openTerminal, pickapic } from "./terminal.ts";

let root = "";
let data = "";
let file = "";
let calibration: JudgeCalibration;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-judge-"));
  [data, file] = [join(root, "data"), join(root, "judge.json")];
  await writeRankings(data, 400, 160);
  const { code, err } = await pickapic(["judge", "calibrate", data, "--scorer", "colour-sharpness", "--out", file]);
  expect(code, err).toBe(0);
  calibration = await readCalibration(file);
});
afterAll(() => rm(root, { recursive: true, force: true }));

test.each([
  ["no JSON", /it is no JSON/],
  ['{"format": 5}', /format: expected "pickapic-judge-calibration-1"; got 5/],
])("a calibration that is %s is refused with what is wrong", async (text, message) => {
  const broken = join(root, "broken.json");
  await writeFile(broken, text);
  await expect(readCalibration(broken)).rejects.toThrow(message);
});

test("judge calibrate fits the temperature on validation and measures the error on test", () => {
  expect(calibration).toMatchObject({ scorer: "colour-sharpness", identity: "formula 1" });
  expect(calibration.votesFitted).toBeGreaterThanOrEqual(30);
  expect(calibration.votesMeasured).toBeGreaterThanOrEqual(30);
  expect(calibration.quantiles).toEqual([...calibration.quantiles].sort((a, b) => a - b));
  expect(calibration.temperature).toBeGreaterThan(0);
});

test("judge serve answers with the calibration until it is stopped, and says how well it is calibrated", async () => {
  const stop = new AbortController();
  const { context, printed } = openTerminal({ signal: stop.signal });
  const words = [
    "judge",
    "serve",
    "--scorer",
    "colour-sharpness",
    "--calibration",
    file,
    "--port",
    "0",
    "--keys",
    join(root, "none.json"),
    "--json",
  ];
  const ended = run(words, context);
  await expect.poll(() => printed.out).toMatch(/\n/);
  const { url, calibration: about } = JSON.parse(printed.out);
  expect(about).toMatch(
    /^Calibrated on \d+ held-out votes \(temperature [\d.]+\); on \d+ others the probabilities are off by [\d.]+ %/,
  );
  const told = await (await fetch(`${url}/api/judge`)).json();
  expect(told).toMatchObject({
    about,
    scales: ["raw", "unit", "probability", "percentile"],
    calibration: { error: calibration.error },
  });
  stop.abort(new DOMException("stopped", "AbortError"));
  expect(await ended).toBe(0);
  await expect(fetch(`${url}/api/judge`)).rejects.toThrow();
});

test("judge swap exchanges the scorer and its calibration, and says why when it does not", async () => {
  const keys = join(root, "operators.json");
  const key = await addKey(keys, "ops", { operator: true });
  const judge = await openJudge("random");
  const settings = { host: "127.0.0.1", port: 0, keys: null, operators: openKeys(keys), metrics: openMetrics(false) };
  const { url, close } = await startJudgeServer(judge, settings);
  const swap = (...words: string[]) => pickapic(["judge", "swap", "--url", url, ...words], { env: { PICKAPIC_JUDGE_KEY: key } });
  try {
    const done = await swap("--scorer", "colour-sharpness", "--calibration", file);
    expect(done.out).toMatch(/ judges with colour-sharpness now\. Calibrated on \d+ held-out votes/);
    expect(judge.facts.calibration?.temperature).toBe(calibration.temperature);
    const failed = await swap("--scorer", "./absent");
    expect([failed.code, failed.err]).toEqual([
      1,
      expect.stringMatching(
        /The scorer \.\/absent could not be loaded, and colour-sharpness goes on judging\. .*There is no folder/,
      ),
    ]);
    expect(await swap("--scorer", "random", "--key", "pj_wrong")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/unknown/),
    });
    expect(await pickapic(["judge", "swap", "--scorer", "random"])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--key/),
    });
  } finally {
    await close();
    await judge.close();
  }
  expect(await swap("--scorer", "random")).toMatchObject({ code: 1, err: expect.stringMatching(/it does not answer/) });
});

test("evaluate scorer measures a decision service beside the scorer that is behind it, and finds no difference", async () => {
  const judge = await openJudge("colour-sharpness");
  const server = await startJudgeServer(judge, { host: "127.0.0.1", port: 0, keys: null, metrics: openMetrics(false) });
  try {
    const env = { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: "any" };
    const { code, out, err } = await pickapic(
      ["evaluate", "scorer", data, "--scorer", "colour-sharpness", "openai:judge", "--format", "json"],
      { env },
    );
    expect(code, err).toBe(0);
    const { scorers }: { scorers: { accuracy: number; interval: number[]; threshold: number; examples: number }[] } =
      JSON.parse(out);
    const [own, hosted] = scorers.map(({ accuracy, interval, threshold, examples }) => [accuracy, interval, threshold, examples]);
    expect(scorers).toHaveLength(2);
    expect(hosted).toEqual(own);
  } finally {
    await server.close();
    await judge.close();
  }
});

test("judge key makes, lists and revokes keys, and stores only their hashes", async () => {
  const keys = join(root, "keys.json");
  const made = await pickapic(["judge", "key", "add", "trainer", "--days", "30", "--keys", keys]);
  expect(made.out).toMatch(/^pj_[\w-]{43}\n$/);
  expect(await readFile(keys, "utf8")).not.toContain(made.out.trim());
  expect((await pickapic(["judge", "key", "list", "--keys", keys])).out).toMatch(/trainer +\d{4}-\d\d-\d\d +\d{4}-/);
  expect(await pickapic(["judge", "key", "add", "trainer", "--keys", keys])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/"trainer" is there already/),
  });
  expect((await pickapic(["judge", "key", "revoke", "trainer", "--keys", keys])).code).toBe(0);
  expect(await pickapic(["judge", "key", "revoke", "trainer", "--keys", keys])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/the names are none/),
  });
});

test.each([
  [
    "an open address without keys",
    ["--host", "0.0.0.0", "--keys", "absent.json"],
    2,
    /other machines could ask this judge, and absent\.json holds no key/,
  ],
  ["a card that this machine does not have", ["--device", "webgpu"], 1, /webgpu.*choose "cpu" or "auto"/s],
  ["a scorer that cannot be loaded", ["--scorer", "./absent"], 1, /There is no folder \.\/absent/],
  [
    "a calibration that is not there",
    ["--scorer", "colour-sharpness", "--calibration", "absent.json"],
    2,
    /absent\.json cannot be used: there is no such file/,
  ],
  ["two ways to calibrate", ["--calibration", "a.json", "--votes", "b"], 2, /give one of them/],
  ["a batch of none", ["--batch", "0"], 2, /from 1 to 1024/],
])("judge serve refuses %s with one sentence", async (_name, words, code, sentence) => {
  const ended = await pickapic(["judge", "serve", "--port", "0", ...words]);
  expect(ended).toMatchObject({ code, err: expect.stringMatching(sentence) });
});

test("a calibration of another scorer is refused", async () => {
  const ended = await pickapic(["judge", "serve", "--port", "0", "--scorer", "random:1", "--calibration", file]);
  expect(ended).toMatchObject({ code: 2, err: expect.stringMatching(/was made for colour-sharpness/) });
});
