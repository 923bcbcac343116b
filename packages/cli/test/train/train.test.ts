import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@pickapic/cli";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fillDiskFor } from "../../../../test/support/fullDisk.ts";
import { makeDataset } from "../../../../test/support/madeRun.ts";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import { tinyClip } from "../../../../test/support/tinyClip.ts";
import { openTerminal, pickapic } from "../terminal.ts";

shareSessions();

let root = "";
let out = "";
/** A model of which a step takes milliseconds. */
let tiny = "";
const few = ["--train", "all", "--steps", "2", "--batch-pairs", "4", "--validate-every", "1", "--pixel-cache-mib", "64"];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-train-"));
  out = join(root, "mine");
  tiny = await tinyClip(join(root, "tiny"));
  await makeDataset(join(root, "data"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** One command, stopped as by Ctrl-C when `word` is on stderr. */
async function stoppedAt(word: string, argv: readonly string[]) {
  const controller = new AbortController();
  const { context, printed } = openTerminal({ signal: controller.signal });
  const stderr = {
    ...context.stderr,
    write(text: string) {
      if (text.includes(word)) controller.abort(new DOMException("stopped", "AbortError"));
      return context.stderr.write(text);
    },
  };
  const code = await run(argv, { ...context, stderr });
  return { code, ...printed };
}

const train = (...more: string[]) => ["train", join(root, "data"), "--out", out, "--init", tiny, ...few, ...more];
/** What is kept of a share. */
const MEASURED = ["measured.json", "metrics.jsonl", "run.json", "validation.json"];
const madeAt = async (...path: string[]) => (await stat(join(out, ...path, "run.json"))).mtimeMs;

describe("training with a curve", () => {
  test("that is stopped in a share says how to go on, and keeps the whole run", async () => {
    const { code, out: printed, err } = await stoppedAt("training on 50 %", train("--curve-shares", "0.5,0.25"));
    expect(code).toBe(130);
    expect(printed).toBe("");
    expect(err).toContain(`The run is saved in ${out}: go on with \`pickapic train --resume ${out}\`.`);
    expect(JSON.parse(await readFile(join(out, "run.json"), "utf8")).finished).toBe(true);
    expect(JSON.parse(await readFile(join(out, "curve", "share-0.25", "run.json"), "utf8")).finished).toBe(true);
    expect(JSON.parse(await readFile(join(out, "curve", "share-0.5", "run.json"), "utf8")).finished).toBe(false);
    expect(await readdir(join(out, "curve", "share-0.25"))).toEqual(MEASURED);
  });

  test("goes on where it was: what is finished is not trained again", async () => {
    const before = [await madeAt(), await madeAt("curve", "share-0.25")];
    const { code, out: printed, err } = await pickapic(train("--curve-shares", "0.5,0.25", "--resume", "--json"));
    expect(err).toContain(`Report: ${join(out, "report.html")}`);
    expect(code).toBe(0);
    expect([await madeAt(), await madeAt("curve", "share-0.25")]).toEqual(before);
    const made = JSON.parse(printed);
    expect(made).toMatchObject({
      folder: out,
      steps: 2,
      gaps: [],
      outcome: { test: { split: "test" } },
      verdict: { crossFitted: 0, startKept: expect.any(Boolean), sentence: expect.any(String) },
    });
    expect(made.curve.points.map(({ share, prompts }: { share: number; prompts: number }) => [share, prompts])).toEqual([
      [0.25, expect.any(Number)],
      [0.5, expect.any(Number)],
      [1, expect.any(Number)],
    ]);
    const [quarter, half, all] = made.curve.points;
    expect([quarter.prompts, half.prompts]).toEqual([Math.ceil(all.prompts / 4), Math.ceil(all.prompts / 2)]);
    expect(all.accuracy).toBe(made.outcome.test.withoutTies.after.accuracy);
    expect(made.curve.before.accuracy).toBe(made.outcome.test.withoutTies.before.accuracy);
    const page = await readFile(join(out, "report.html"), "utf8");
    expect(page).toContain("Would more data help?");
    expect(page).toContain("are simulated (toy world)");
    for (const share of ["share-0.25", "share-0.5"]) expect(await readdir(join(out, "curve", share))).toEqual(MEASURED);
    expect(await readdir(join(out, "curve"))).toEqual(["share-0.25", "share-0.5"]);
    expect(await readdir(out)).toContain("model.safetensors");
  });

  test("is the same when it is made again from what is left of the shares", async () => {
    const curve = async (argv: readonly string[]) => JSON.parse((await pickapic([...argv, "--json"])).out).curve;
    const before = await curve(["evaluate", "run", out]);
    expect(before.points).toHaveLength(3);
    expect(await curve(train("--curve-shares", "0.5,0.25", "--resume"))).toEqual(before);
  });

  test("is refused while another process makes it", async () => {
    const own = JSON.stringify({ pid: process.pid, since: "2026-01-01T00:00:00.000Z", begun: null });
    await writeFile(join(out, "curve", "run.lock"), own);
    const { code, err } = await pickapic(train("--curve-shares", "0.5,0.25", "--resume"));
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`process ${process.pid} has been training here`) });
    await rm(join(out, "curve", "run.lock"));
  });

  test("says on a disk that is full that the model is saved, and how its report is made", async () => {
    await rm(join(out, "report.html"));
    const makeRoom = fillDiskFor("report.html");
    const { code, out: printed, err } = await pickapic(train("--resume", "--json")).finally(makeRoom);
    expect(code).toBe(1);
    expect(JSON.parse(printed)).toMatchObject({ folder: out, steps: 2 });
    expect(err).toMatch(
      /^pickapic: .*mine: the report could not be written \(the disk is full\): the trained model is saved there and .*\n$/m,
    );
    const [, command] = err.match(/make room and run `pickapic (.*)`/)!;
    expect((await pickapic(command!.split(" "))).code).toBe(0);
    expect(await readdir(out)).toContain("report.html");
  });

  test("the numbers of validation.json and of the report are the same model's", async () => {
    const validation = JSON.parse(await readFile(join(out, "validation.json"), "utf8"));
    const { out: printed } = await pickapic(["evaluate", "run", out, "--json"]);
    const { outcome } = JSON.parse(printed);
    const decided = validation.pairs.filter(({ target }: { target: number[] }) => target[0] !== target[1]);
    const right = decided.filter(({ target, after }: { target: number[]; after: number }) => after > 0.5 === target[0]! > 0.5);
    expect(outcome.validation.withoutTies.after.accuracy).toBeCloseTo(right.length / decided.length, 12);
    expect(outcome.validation.withoutTies.examples).toBe(decided.length);
  });
});

test("a curve of shares of a share, and a share that is none, are wrong use", async () => {
  expect(await pickapic(train("--curve", "--share", "0.5"))).toMatchObject({
    code: 2,
    err: expect.stringContaining("leave --share out"),
  });
  for (const shares of ["1", "0", "half", "0.5,,0.2", "0.0001,0.5"]) {
    const { code, err } = await pickapic(train("--curve-shares", shares));
    expect(code).toBe(2);
    expect(err).toContain("Expected shares between 0 and 1, separated by commas");
  }
});

test("stopped by Ctrl-C on a disk that is full, the command says that nothing was saved, not that nothing was made", async () => {
  const to = join(root, "full");
  const argv = ["train", join(root, "data"), "--out", to, "--init", tiny, ...few, "--steps", "9", "--validate-every", "9"];
  const controller = new AbortController();
  let makeRoom = () => {};
  const { context, printed } = openTerminal({ signal: controller.signal });
  const stderr = {
    ...context.stderr,
    write(text: string) {
      if (/training: \d/.test(text) && !controller.signal.aborted) {
        makeRoom = fillDiskFor("run.json"); // The last file of a state.
        controller.abort(new DOMException("stopped", "AbortError"));
      }
      return context.stderr.write(text);
    },
  };
  expect(await run(argv, { ...context, stderr }).finally(() => makeRoom())).toBe(130);
  expect(printed.err).toMatch(/\nStopped\. .*full: the state after step \d could not be written .* start the run again\.\n$/);
});

test("a few pairs train a head by the rule; the last line is a verdict that says what is too few", async () => {
  const to = join(root, "automatic");
  const { code, out: printed, err } = await pickapic(["train", join(root, "data"), "--out", to]);
  expect(code).toBe(0);
  expect(err).toMatch(
    /^--train auto chose image-head, \d+ steps of \d+ pairs .* cross-fitting over prompts: for \d+ pairs \(\d+ winners/m,
  );
  expect(err).toMatch(/^cross-fitting: .* % right on prompts not trained on$/m);
  expect(printed.trimEnd().split("\n").at(-1)).toMatch(/^Verdict: .*(points|were kept)/);
  const record = JSON.parse(await readFile(join(to, "run.json"), "utf8"));
  expect(record.recipe).toEqual({
    chosen: expect.arrayContaining(["train", "steps"]),
    reason: expect.stringContaining("image-head"),
  });
  expect(record.settings.train).toBe("image-head");
  // A run that is done needs its folder alone to be measured again, and lists everything that is not as it was.
  const again = await pickapic(["train", "--resume", to, "--json"]);
  const { verdict, startKept, recipe } = JSON.parse(again.out);
  expect({ verdict: verdict.startKept, recipe }).toEqual({ verdict: startKept, recipe: record.recipe });
  const other = await pickapic(["train", "--resume", to, "--seed", "3", "--learning-rate", "0.5"]);
  expect(other.code).toBe(1);
  expect(other.err).toMatch(/another seed \(42 then, 3 now\)\n {2}- another learningRate \([\d.]+ then, 0\.5 now\)/);
});

test.each([
  [["data", "--out", "run"], { dataset: "data", out: "run" }],
  [["--resume", "run"], { out: "run" }],
  [["data", "--resume", "run"], { dataset: "data", out: "run" }],
  [["data", "--out", "run", "--resume"], { dataset: "data", out: "run" }],
  [["--resume", "data", "--out", "run"], { dataset: "data", out: "run" }],
  [["--resume", "run", "--out", "run"], { out: "run" }],
])("the folders of train %j are known wherever they stand", async (words, places) => {
  const { code, err } = await pickapic([
    "train",
    ...words.map((word) => (word.startsWith("--") ? word : join(root, `no-${word}`))),
  ]);
  expect(code).toBe(1);
  const missing = "dataset" in places && !words.includes("--resume") ? "no-data" : "no-run";
  expect(err).toContain(join(root, missing));
});

test.each([
  [["--out", "run"], "expected a dataset folder"],
  [["data"], "expected the run folder"],
  [["data", "--resume", "one", "--out", "two"], "name the run folder once"],
])("train %j is wrong use", async (words, message) => {
  expect(await pickapic(["train", ...words])).toMatchObject({ code: 2, err: expect.stringContaining(message) });
});

test("every option says what it does, what is allowed, its default and the paper's value", async () => {
  const { out: help } = await pickapic(["train", "--help"]);
  const words = help.replace(/\s+/g, " ");
  expect(words).toContain("--order <name> order of the pairs; by-prompt keeps");
  expect(words).toContain("(one of shuffled, by-prompt; default: shuffled; paper: shuffled)");
  expect(words).toContain(
    "--beta1 <n> how slowly AdamW's mean gradient changes (a number from 0 to 0.999999; default: 0.9; paper: 0.9)",
  );
  expect(words).toContain("--pixel-cache-mib <n> MiB of prepared pixels");
  expect(words).toContain("--warmup-order <name>");
  expect(words).not.toMatch(/--[a-z-]+ <(n|name)> (choice|1|gradient|seed) \(/);
});

test("additions of a rank that the model's matrices cannot have are wrong use", async () => {
  const { code, err } = await pickapic(["train", join(root, "data"), "--out", join(root, "lora"), ...few, "--train", "lora:129"]);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("lora:R with R from 1 to 128") });
});

test("a model without tokenizer trains with --processor, and is measured with it before and after", async () => {
  const [init, processor, to] = ["bare", "processor", "processed"].map((name) => join(root, name)) as [string, string, string];
  await mkdir(processor);
  await cp(tiny, init, { recursive: true });
  for (const name of ["preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"])
    await rename(join(init, name), join(processor, name));
  const argv = ["train", join(root, "data"), "--out", to, ...few, "--init", init];
  expect(await pickapic(argv)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/expected tokenizer\.json.*as the processor/),
  });
  const { code, out: printed } = await pickapic([...argv, "--processor", processor, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(printed)).toMatchObject({ gaps: [], settings: { processor }, outcome: { test: { pairs: 79 } } });
  expect(await readdir(to)).toEqual(expect.arrayContaining(["preprocessor_config.json", "tokenizer.json", "vocab.json"]));
});
