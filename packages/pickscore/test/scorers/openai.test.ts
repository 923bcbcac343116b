import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Decision, DecisionCreateParams, DecisionInputImage, DecisionInputText } from "openai/resources/decisions";
import { afterEach, expect, test } from "vitest";
import { openNamedScorer } from "../../src/scorers/index.ts";

const PNG = (last: number) => Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, last);

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Every field of a type, each named once: a field that the vendor does not have does not compile here, and fails the test there. */
type Fields<T> = Readonly<Record<keyof T, true>>;
const REQUEST: Fields<DecisionCreateParams> = {
  input: true,
  model: true,
  questions: true,
  prompt_cache_key: true,
  prompt_cache_options: true,
  safety_identifier: true,
};
const MESSAGE: Fields<DecisionCreateParams.DecisionInputUserMessage> = { role: true, content: true, type: true };
const TEXT: Fields<DecisionInputText> = { type: true, text: true, prompt_cache_breakpoint: true };
const IMAGE: Fields<DecisionInputImage> = { type: true, image_url: true, detail: true, prompt_cache_breakpoint: true };
const PREDICATE: Fields<DecisionCreateParams.QuestionParamPredicate> = { type: true, name: true, instructions: true };
const CHOICE: Fields<DecisionCreateParams.QuestionParamChoice> = { type: true, name: true, instructions: true, choices: true };

const usage: Decision.Usage = {
  input_tokens: 1,
  input_tokens_details: { cache_write_tokens: 0, cached_tokens: 0 },
  output_tokens: 0,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 1,
};

/** The names of fields that the vendor's types do not have. */
function strangers(body: DecisionCreateParams): string[] {
  const beside = (value: object, fields: object) => Object.keys(value).filter((name) => !(name in fields));
  const messages = typeof body.input === "string" ? [] : body.input;
  const parts = messages.flatMap((message) =>
    "role" in message && message.role === "user" && Array.isArray(message.content) ? message.content : [],
  );
  return [
    ...beside(body, REQUEST),
    ...messages.flatMap((message) => beside(message, MESSAGE)),
    ...parts.flatMap((part) => beside(part, part.type === "input_image" ? IMAGE : TEXT)),
    ...body.questions.flatMap((question) => beside(question, question.type === "choice" ? CHOICE : PREDICATE)),
  ];
}

/** A service that holds the vendor's contract, and answers with `answer`. */
async function serve(answer: (body: DecisionCreateParams, response: ServerResponse) => Decision["answers"][number] | null) {
  const seen: { body: DecisionCreateParams; key: string | undefined; path: string | undefined }[] = [];
  const server = createServer(async (incoming, response) => {
    let text = "";
    for await (const chunk of incoming) text += chunk;
    const body: DecisionCreateParams = JSON.parse(text);
    seen.push({ body, key: incoming.headers.authorization, path: incoming.url });
    const wrong = strangers(body);
    if (wrong.length > 0) response.writeHead(400).end(`unknown fields: ${wrong.join(", ")}`);
    else {
      const answered = answer(body, response);
      const decision: Decision | null = answered && { answers: [answered], model: "luna-2026", usage };
      if (decision) response.end(JSON.stringify(decision));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen };
}

test("a decision service is asked for pairs and for single images in the vendor's shape, and answers log odds", async () => {
  const { baseUrl, seen } = await serve(({ questions: [question] }) =>
    question?.type === "choice"
      ? {
          type: "choice",
          name: "preferred",
          choice: "image_2",
          confidence: 0.5,
          probabilities: [
            { value: "image_2", probability: 0.75 },
            { value: "image_1", probability: 0.25 },
          ],
        }
      : { type: "predicate", name: "preferred", probability: 1 },
  );
  const scorer = await openNamedScorer("openai:luna", { openAi: { baseUrl, key: "sk-1" } });
  const pair = { prompt: "a cat", images: [PNG(1), PNG(2)] as const };
  expect(await scorer.comparePairs?.([pair])).toEqual([{ score: expect.closeTo(Math.log(0.25 / 0.75), 12) }]);
  expect(await scorer.score("a cat", [PNG(1)])).toEqual([expect.closeTo(Math.log(1e6), 4)]);
  expect(await scorer.identify()).toBe("luna-2026");
  expect(seen.map(({ key, path, body }) => [key, path, body.model])).toEqual(
    [1, 2].map(() => ["Bearer sk-1", "/v1/decisions", "luna"]),
  );
});

test("a refusal leaves the image without a score; a key that is refused ends the work with a sentence", async () => {
  const refusing = await serve(() => ({ type: "refusal", name: "preferred" }));
  const scorer = await openNamedScorer("openai:luna", { openAi: { baseUrl: refusing.baseUrl } });
  expect(await scorer.scoreEach("a cat", [PNG(1)])).toMatchObject([{ message: expect.stringMatching(/refused the question/) }]);
  const locked = await serve((_body, response) => {
    response.writeHead(401).end('{"error":{"message":"wrong key"}}');
    return null;
  });
  const other = await openNamedScorer("openai:luna", { openAi: { baseUrl: locked.baseUrl } });
  await expect(other.score("a cat", [PNG(1)])).rejects.toThrow(/OPENAI_API_KEY.*status 401/s);
  await expect(openNamedScorer("openai:")).rejects.toThrow(/expected a model after openai:/);
});
