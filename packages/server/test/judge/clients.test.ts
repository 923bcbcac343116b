/** @file The clients that callers have already, unmodified or written anew from their documented shapes, against the judge. */
import { type Judge, openJudge, readPickle, UNIT } from "@pickapic/judge";
import OpenAI from "openai";
import type { Decision, DecisionCreateParams } from "openai/resources/decisions";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openMetrics, type RunningJudge, startJudgeServer } from "../../src/judge/index.ts";
import { base64, CALIBRATION, dataUrl, PICTURES, post } from "./judgeHouse.ts";

let judge: Judge;
let server: RunningJudge;
let client: OpenAI;
/** The scores of the pictures, of which a formula over pixels says the same as the judge. */
let scores: number[];

beforeAll(async () => {
  judge = await openJudge("colour-sharpness", { calibration: CALIBRATION });
  server = await startJudgeServer(judge, { host: "127.0.0.1", port: 0, keys: null, metrics: openMetrics(false) });
  client = new OpenAI({ apiKey: "none is needed", baseURL: `${server.url}/v1`, maxRetries: 0 });
  scores = (await post(`${server.url}/api/score`, { prompt: "x", images: PICTURES.map(base64) })).body.scores;
});
afterAll(async () => {
  await server.close();
  await judge.close();
});

const input = (count: number): DecisionCreateParams["input"] => [
  { role: "developer", content: "Judge which image people prefer." },
  {
    role: "user",
    content: [
      { type: "input_text", text: "Prompt: a red apple" },
      ...PICTURES.slice(0, count).map((picture) => ({
        type: "input_image" as const,
        image_url: dataUrl(picture),
        detail: "auto" as const,
      })),
    ],
  },
];

const softmax = (values: readonly number[]) => {
  const powers = values.map((value) => Math.exp(value / CALIBRATION.temperature));
  return powers.map((power) => power / powers.reduce((a, b) => a + b, 0));
};
const score = (i: number): number => scores[i] ?? Number.NaN;

test("openai's decisions.create: which image is preferred is answered, what a scorer cannot know is refused", async () => {
  const decision: Decision = await client.decisions.create({
    model: "gpt-6-luna",
    input: input(3),
    questions: [
      {
        type: "choice",
        name: "best",
        instructions: "Which image do people prefer for this prompt?",
        choices: [{ value: "image_3" }, { value: "image_1" }, { value: "image_2", description: "the second image" }],
      },
      { type: "predicate", name: "pair", instructions: "People prefer image 2 to image 1." },
      { type: "choice", instructions: "Is image 1 better than image 3?", choices: [{ value: true }, { value: false }] },
      { type: "predicate", name: "cat", instructions: "Image 1 shows a cat." },
      { type: "choice", name: "hands", instructions: "Which image has better hands?", choices: [{ value: "1" }, { value: "2" }] },
      { type: "score", name: "unclear", instructions: "How much do people like it?", levels: [{ label: "1" }, { label: "2" }] },
    ],
  });
  const [best, pair, yes, ...refused] = decision.answers;
  const [third = 0, first = 0, second = 0] = softmax([score(2), score(0), score(1)]);
  expect(best).toMatchObject({ type: "choice", name: "best" });
  if (best?.type !== "choice" || yes?.type !== "choice" || pair?.type !== "predicate") throw new Error("not answered");
  expect(best.probabilities.map(({ value }) => value)).toEqual(["image_3", "image_1", "image_2"]);
  for (const [i, p] of [third, first, second].entries()) expect(best.probabilities[i]?.probability).toBeCloseTo(p, 9);
  const most = Math.max(third, first, second);
  expect(best.choice).toBe(["image_3", "image_1", "image_2"][[third, first, second].indexOf(most)]);
  expect(best.confidence).toBeCloseTo((3 * most - 1) / 2, 9);
  expect(pair.probability).toBeCloseTo(softmax([score(1), score(0)])[0] ?? 0, 9);
  expect(yes).toMatchObject({ name: null, choice: score(0) >= score(2) });
  expect(refused).toEqual(["cat", "hands", "unclear"].map((name) => ({ type: "refusal", name })));
  expect(decision.model).toBe("colour-sharpness");
  expect(decision.usage.total_tokens).toBe(0);
});

test("openai's decisions.create: a rating of one image uses the votes, and its score is the mean of its levels", async () => {
  const levels = [{ label: "bad" }, { label: "fair" }, { label: "good" }];
  const { answers } = await client.decisions.create({
    model: "judge",
    input: input(1),
    questions: [{ type: "score", name: "rating", instructions: "How much do people like this image?", levels }],
  });
  const [rating] = answers;
  if (rating?.type !== "score") throw new Error("not answered");
  expect(rating.probabilities.map(({ label, value }) => [label, value])).toEqual([
    ["bad", 0],
    ["fair", 1],
    ["good", 2],
  ]);
  const sum = (by: (p: { value: number; probability: number }) => number) =>
    rating.probabilities.reduce((total, each) => total + by(each), 0);
  expect(sum(({ probability }) => probability)).toBeCloseTo(1, 9);
  expect(sum(({ value, probability }) => value * probability)).toBeCloseTo(rating.score, 9);
});

test("openai's client gets our sentences as its errors, and images are not fetched from hosts that are not allowed", async () => {
  const question = { type: "predicate" as const, instructions: "Image 1 is better than image 2." };
  const remote = { type: "input_image" as const, image_url: "https://evil.example/a.png" };
  const content = [{ type: "input_text" as const, text: "a red apple" }, remote, remote];
  const refused = client.decisions.create({ model: "judge", input: [{ role: "user", content }], questions: [question] });
  await expect(refused).rejects.toMatchObject({
    status: 422,
    code: "PICKAPIC_JUDGE_ADDRESS",
    message: expect.stringMatching(/not fetched from evil\.example/),
  });
  const none = client.decisions.create({ model: "judge", input: "x", questions: [] });
  await expect(none).rejects.toMatchObject({ status: 400, code: "PICKAPIC_BODY_INVALID" });
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["colour-sharpness"]);
  const text = await client.decisions.create({
    model: "judge",
    input: "a red apple",
    questions: [{ ...question, name: "no images" }],
  });
  expect(text.answers).toEqual([{ type: "refusal", name: "no images" }]);
});

test("what no judge can read is refused with the place of it in the question", async () => {
  const question = { type: "predicate", instructions: "People prefer image 2 to image 1." };
  const ask = async (part: object, asked: object = question) => {
    const body = {
      model: "x",
      input: [{ role: "user", content: [{ type: "input_text", text: "a" }, part] }],
      questions: [asked],
    };
    const reply = await post(`${server.url}/v1/decisions`, body);
    return [reply.status, reply.body.error?.message];
  };
  expect(await ask({ type: "input_image", file_id: "file-1" })).toEqual([
    400,
    'POST /v1/decisions: "input.0.content.1.image_url": expected the image itself, as a data URL (this judge stores no files, so a file_id names nothing); got nothing.',
  ]);
  const part = { type: "input_image", image_url: dataUrl(PICTURES[0] ?? new Uint8Array()) };
  expect(await ask(part, { type: "rank", instructions: "x" })).toEqual([
    400,
    'POST /v1/decisions: "questions.0.type": expected "predicate", "choice" or "score"; got "rank".',
  ]);
});

test("System One's shape: named answers, and refusals under their names", async () => {
  const { body } = await post(`${server.url}/v1/systemone`, {
    model: "judge-latest",
    state: { prompt: "a red apple" },
    images: PICTURES.slice(0, 2).map(base64),
    questions: {
      better: { type: "noul", instructions: "Image 1 is better than image 2." },
      best: { type: "choice", instructions: "Which image do people prefer?", criteria: { first: null, second: null } },
      level: { type: "score", instructions: "How good is image 2?", criteria: ["poor", "good"] },
      cat: { type: "noul", instructions: "Is there a cat?" },
    },
  });
  const [first = 0, second = 0] = softmax([score(0), score(1)]);
  expect(body).toMatchObject({
    model: "colour-sharpness",
    answers: {
      better: { type: "noul", noul: expect.closeTo(first, 9) },
      best: { type: "choice", choice: first >= second ? "first" : "second", probabilities: { first: expect.closeTo(first, 9) } },
      level: { type: "score", legend: { 0: "poor", 1: "good" } },
      cat: { type: "refusal" },
    },
  });
});

/** Python's pickle.dumps({"images": [...], "prompts": [...]}, 3), for images below 4 GiB. */
function pickled(images: readonly Uint8Array[], prompts: readonly string[]): Uint8Array<ArrayBuffer> {
  const sized = (opcode: string, bytes: Uint8Array) => {
    const head = Buffer.alloc(5, opcode);
    head.writeUInt32LE(bytes.length, 1);
    return [head, bytes];
  };
  const text = (value: string) => sized("X", Buffer.from(value));
  const list = (pieces: Uint8Array[][]) => [Buffer.from("]("), ...pieces.flat(), Buffer.from("e")];
  return new Uint8Array(
    Buffer.concat([
      Buffer.from([0x80, 3]),
      Buffer.from("}("),
      ...text("images"),
      ...list(images.map((image) => sized("B", image))),
      ...text("prompts"),
      ...list(prompts.map(text)),
      Buffer.from("u."),
    ]),
  );
}

test.each(["", "/reward"])(
  "flow_grpo's request, and verl-omni's, at %s/: a pickle without a content type gets a pickle of rewards",
  async (path) => {
    const body = new Blob([
      pickled(
        PICTURES,
        PICTURES.map(() => "a red apple"),
      ),
    ]);
    const reply = await fetch(`${server.url}${path || "/"}`, { method: "POST", body });
    expect(reply.status).toBe(200);
    const rewards = readPickle(new Uint8Array(await reply.arrayBuffer()));
    const [outputs, own] = rewards instanceof Map ? [rewards.get("outputs"), rewards.get("scores")] : [];
    expect(outputs).toEqual(scores.map((each) => expect.closeTo(each / UNIT, 9)));
    expect(own).toEqual(outputs);
  },
);

test("a pickle that is refused gets a pickle of the reason, with a status after which flow_grpo does not try again", async () => {
  const body = new Blob([new Uint8Array(Buffer.from("cos\nsystem\n(X\x02\0\0\0idtR."))]);
  const reply = await fetch(`${server.url}/reward`, { method: "POST", body });
  expect(reply.status).toBe(400);
  const refusal = readPickle(new Uint8Array(await reply.arrayBuffer()));
  expect(refusal instanceof Map && refusal.get("error")).toMatch(/^The pickle was refused: it names os\.system/);
});

test("Flow-Factory's remote reward model: its check, its request and its error", async () => {
  expect((await fetch(`${server.url}/health`)).ok).toBe(true);
  const sent = {
    prompt: PICTURES.map(() => "a red apple"),
    image: PICTURES.map(base64),
    video: null,
    condition_images: null,
    condition_videos: null,
    kwargs: null,
  };
  const { body } = await post(`${server.url}/compute`, sent);
  expect(body).toEqual({ rewards: scores.map((each) => expect.closeTo(each / UNIT, 9)) });
  const fewer = await post(`${server.url}/compute?scale=raw`, { ...sent, prompt: ["a red apple"] });
  expect([fewer.status, fewer.body.error.message]).toEqual([400, expect.stringMatching(/1 prompts and 4 images came/)]);
});

test("SwarmUI's scorers extension: a result of 0 to 1, and an error in its shape", async () => {
  expect((await post(`${server.url}/API/Ping`, {})).body).toEqual({ result: "success" });
  const question = { scorer: "pickscore", prompt: "a red apple", image: base64(PICTURES[0] ?? new Uint8Array()) };
  const { body } = await post(`${server.url}/API/DoScore`, question);
  const below = CALIBRATION.quantiles.filter((each) => each < score(0)).length / CALIBRATION.quantiles.length;
  expect(body).toMatchObject({ result: expect.closeTo(below, 1) });
  expect(await post(`${server.url}/API/DoScore`, { ...question, image: "!" })).toMatchObject({
    status: 200,
    body: { error: expect.stringMatching(/no base64/) },
  });
});
