import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { openNamedScorer } from "../../src/scorers/index.ts";
import { replyOf } from "../../src/scorers/protocol.ts";

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

interface Request {
  items: { prompt: string; image: { base64: string; mediaType: string } }[];
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** An address at which nothing listens any more. */
async function addressOfNothing(): Promise<string> {
  const address = await serve(() => {});
  await new Promise<void>((resolve) => {
    closing.push(resolve);
    for (const close of closing.splice(-2)) close();
  });
  return address;
}

/** A server that answers each request with `answer`, and the address of its scorer. */
async function serve(answer: (request: Request, response: ServerResponse, incoming: IncomingMessage) => void): Promise<string> {
  const server = createServer(async (incoming, response) => {
    let text = "";
    for await (const chunk of incoming) text += chunk;
    answer(JSON.parse(text), response, incoming);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/score?key=secret`;
}

const images = (count: number) => Array.from({ length: count }, () => PNG);

describe("a scorer behind HTTP", () => {
  test("gets batches of base64 with their prompts and the token, and tells its version", async () => {
    const seen: { count: number; authorization: string | undefined; first: unknown }[] = [];
    const url = await serve(({ items }, response, { headers }) => {
      seen.push({ count: items.length, authorization: headers.authorization, first: items[0] });
      response.end(JSON.stringify({ scorer: "judge 2.1", scores: items.map((_, i) => i) }));
    });
    const scorer = await openNamedScorer(url, { batch: 2, token: "t" });
    expect(await scorer.score("a cat", images(3))).toEqual([0, 1, 0]);
    const base64 = Buffer.from(PNG).toString("base64");
    expect(seen[0]).toEqual({
      count: 2,
      authorization: "Bearer t",
      first: { prompt: "a cat", image: { mediaType: "image/png", base64 } },
    });
    expect(seen.map(({ count }) => count)).toEqual([2, 1]);
    expect(await scorer.identify()).toBe("judge 2.1");
    expect(scorer.name).not.toContain("secret");
  });

  test("whose server fails at times is asked again image by image; one that hangs, is gone or refuses ends the work", async () => {
    let calls = 0;
    const shaky = await serve(({ items }, response) => {
      response.statusCode = ++calls === 1 ? 503 : 200;
      response.end(JSON.stringify({ scores: items.map(() => calls) }));
    });
    expect(await (await openNamedScorer(shaky)).score("p", images(2))).toEqual([2, 3]);
    const hanging = await openNamedScorer(await serve(() => {}), { timeoutMs: 10 });
    await expect(hanging.score("p", images(8))).rejects.toMatchObject({
      code: "PICKAPIC_SCORER_GAVE_UP",
      message: expect.stringMatching(/did not answer within 0.01 s/),
    });
    const gone = await openNamedScorer(`http:${await addressOfNothing()}`);
    await expect(gone.score("p", images(8))).rejects.toMatchObject({
      message: expect.stringMatching(/given up after 3 calls.*ECONNREFUSED/),
    });
    const locked = await serve((_request, response) => response.writeHead(401).end("no token"));
    await expect((await openNamedScorer(locked)).score("p", images(1))).rejects.toMatchObject({
      code: "PICKAPIC_SCORER_REPLY",
      message: expect.stringMatching(/expected status 200; got status 401 with "no token"/),
    });
  });

  // How many images each request asks for: a request that waits comes again as it was, a call that fails comes again image by image.
  test.each([
    [429, { "retry-after": "0.05" }, [2, 2, 2], [1, 1]],
    [503, { "retry-after": "0" }, [2, 2, 2], [1, 1]],
    [503, {}, [2, 1, 1], "PICKAPIC_IMAGE_UNREADABLE"],
    [429, { "retry-after": "61" }, [2, 1, 1], "PICKAPIC_IMAGE_UNREADABLE"],
    [418, { "retry-after": "0.05" }, [2], "PICKAPIC_SCORER_REPLY"],
  ])("that is busy twice (status %i, %o) is asked for %o images", async (status, headers, asked, expected) => {
    const requests: { count: number; at: number }[] = [];
    const busy = await serve(({ items }, response) => {
      requests.push({ count: items.length, at: performance.now() });
      if (requests.length < 3) response.writeHead(status, headers).end("later");
      else response.end(JSON.stringify({ scores: items.map(() => 1) }));
    });
    const scorer = await openNamedScorer(busy);
    expect(await scorer.score("p", images(2)).catch(({ code }) => code)).toEqual(expected);
    expect(requests.map(({ count }) => count)).toEqual(asked);
    const waits = requests.slice(1).map(({ at }, i) => at - (requests[i]?.at ?? 0));
    if (Array.isArray(expected)) expect(Math.min(...waits)).toBeGreaterThan(45);
  });

  test("that stays busy is asked four times, and a pause ends when the command is stopped", async () => {
    let calls = 0;
    const busy = await serve((_request, response) => response.writeHead(429, { "retry-after": "0.02" }).end(`busy ${++calls}`));
    await expect((await openNamedScorer(busy)).score("p", images(1))).rejects.toThrow(/status 429 with "busy 4"/);
    const stop = new AbortController();
    const waiting = await openNamedScorer(
      await serve((_request, response) => {
        response.writeHead(429, { "retry-after": "50" }).end();
        setTimeout(() => stop.abort(new Error("stopped")), 20);
      }),
      { signal: stop.signal },
    );
    await expect(waiting.score("p", images(1))).rejects.toThrow("stopped");
  });

  test("stops at once when the command is stopped", async () => {
    const stop = new AbortController();
    const scorer = await openNamedScorer(await serve(() => stop.abort(new Error("stopped"))), { signal: stop.signal });
    await expect(scorer.score("p", images(4))).rejects.toThrow("stopped");
  });
});

test.each([
  ['{"scores": [1, NaN, Infinity, null, {"error": "unsafe"}]}', [1, "not a number", "not a number", "not a number", "unsafe"]],
  ['{"scores": [1.5], "id": 3, "more": "a NaN, in a text"}', [1.5]],
])("%s is read", (text, expected) => {
  const answers = replyOf(text, "judge").answers.map((answer) => (typeof answer === "number" ? answer : answer.error));
  expect(answers).toEqual(expected.map((each) => (each === "not a number" ? "the score is not a number" : each)));
});

test.each([
  ["", "nothing"],
  ["<html>", '"<html>"'],
  ["[1]", "[1]"],
  ['{"score": 1}', '{"score":1}'],
  ['{"scores": ["1"]}', '{"scores":["1"]}'],
])("%j is refused as a reply, and shown", (text, came) => {
  expect(() => replyOf(text, "judge")).toThrow(
    `judge: expected {"scores": [a number for each image]}; got ${came}. docs/scorers.md`,
  );
});

test("a command gets paths of files, may print other lines and answer in any order, and starts again after it has ended", async () => {
  const program = `
    let held = [];
    const fs = require("node:fs");
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, items } = JSON.parse(line);
      if (items.some(({ prompt }) => prompt === "die")) process.exit(3);
      console.log("looking ...");
      const scores = items.map(({ image }) => fs.readFileSync(image.path).length);
      held.push(JSON.stringify({ id, scores, scorer: image(items) }));
      if (held.length === 2) { for (const reply of held.reverse()) console.log(reply); held = []; }
    });
    const image = (items) => items[0].image.path;`;
  const scorer = await openNamedScorer(`command:node -e '${program}'`);
  const [eight, nine] = await Promise.all([scorer.score("a", [PNG]), scorer.score("b", [Uint8Array.of(...PNG, 1)])]);
  expect([eight, nine]).toEqual([[8], [9]]);
  const path = await scorer.identify();
  expect(path).toMatch(/\.png$/);
  const [died] = await scorer.scoreEach("die", [PNG]);
  expect(died).toMatchObject({ message: expect.stringMatching(/gave no score: the program ended \(exit code 3\)/) });
  expect(await Promise.all([scorer.score("a", [PNG]), scorer.score("b", [PNG])])).toEqual([[8], [8]]);
  await scorer.close();
  expect(existsSync(path)).toBe(false);
  await expect(scorer.score("a", [PNG])).rejects.toMatchObject({ code: "PICKAPIC_SCORER_CLOSED" });
});

test("a command that is late is ended, and all calls that waited for it say that it was late", async () => {
  const program = `
    let answered = 0;
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, items } = JSON.parse(line);
      if (answered++ === 0) console.log(JSON.stringify({ id, scores: items.map(() => 1) }));
    });`;
  const scorer = await openNamedScorer(`command:node -e '${program}'`, { timeoutMs: 400 });
  expect(await scorer.score("a", [PNG])).toEqual([1]);
  const first = scorer.scoreEach("b", [PNG]);
  await delay(150);
  const told = (await Promise.all([first, scorer.scoreEach("c", [PNG])])).flat();
  const late = {
    message: expect.stringMatching(
      /gave no score: it did not answer within 0\.4 s: look at what it does, or allow more with --scorer-timeout\.$/,
    ),
  };
  expect(told).toMatchObject([late, late]);
  await scorer.close();
});
