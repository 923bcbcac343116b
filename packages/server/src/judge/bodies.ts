/** @file Reads the bodies that only the judge's routes take: questions in JSON, multipart forms, and bytes. */
import type { Readable } from "node:stream";
import { JudgeError, parseQuestion } from "@pickapic/judge";
import { errorCodes, type FastifyRequest } from "fastify";
import type { App } from "../http/app.ts";
import { tooDeep } from "../http/foundation.ts";

/**
 * Registers the parsers of the judge's routes in an encapsulated scope. JSON is parsed by `parseQuestion`, which leaves the images out: the usual parser
 * also searches the text for "__proto__", which takes long where megabytes of base64 come, and which these bodies need not, because their schemas
 * copy them field by field.
 */
export function parseQuestions(app: App): void {
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", async (request: FastifyRequest, payload: Readable) => {
    const body = await readQuestion(request, payload);
    const parsed = body.length === 0 ? undefined : parseQuestion(body);
    const error = tooDeep(parsed);
    if (error) throw error;
    return parsed;
  });
  app.addContentTypeParser("multipart/form-data", { parseAs: "buffer" }, async (request: { headers: Headers }, body: Buffer) =>
    formBody(body, request.headers["content-type"] ?? ""),
  );
}

/**
 * Reads the body of a question. A body whose length is known goes into the memory of its lease; it is valid until the reply was sent.
 * @throws Fastify's errors of bodies that are too large or end early
 */
export function readQuestion(request: FastifyRequest, payload: Readable): Promise<Buffer> {
  const { "content-length": declared, "content-encoding": encoding } = request.headers;
  const limit = request.routeOptions.bodyLimit;
  if (Number(declared) > limit) return Promise.reject(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
  const isKnown = declared !== undefined && encoding === undefined && request.caller?.body !== undefined;
  return isKnown ? readKnown(payload, Number(declared), () => request.caller?.body?.memory()) : readUnknown(payload, limit);
}

/** @param memoryOf gives the memory of the body, or nothing when its caller is gone */
function readKnown(payload: Readable, length: number, memoryOf: () => Buffer | null | undefined): Promise<Buffer> {
  let read = 0;
  const add = (chunk: Buffer) => {
    const memory = memoryOf();
    if (memory && read + chunk.length <= length) chunk.copy(memory, read);
    read += chunk.length;
  };
  return whenRead(payload, add, () => {
    const memory = memoryOf();
    if (!memory || read !== length) throw new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH();
    return memory;
  });
}

function readUnknown(payload: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let read = 0;
  const add = (chunk: Buffer) => {
    read += chunk.length;
    if (read > limit) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    chunks.push(chunk);
  };
  return whenRead(payload, add, () => Buffer.concat(chunks, read));
}

/** Reads a stream to its end. What follows an error of `add` is left unread, so that the reply can still be sent. */
function whenRead(payload: Readable, add: (chunk: Buffer) => void, end: () => Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const orReject = (work: () => void) => {
    try {
      work();
    } catch (error) {
      payload.off("data", onData);
      payload.pause();
      reject(error);
    }
  };
  const onData = (chunk: Buffer) => orReject(() => add(chunk));
  payload.on("data", onData);
  payload.once("end", () => orReject(() => resolve(end())));
  payload.once("error", (error) => reject(Object.assign(error, { statusCode: 400 })));
  // What unpacks a compressed body comes paused, and a listener does not start a stream that was paused.
  payload.resume();
  return promise;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Turns a form into the body that JSON would have: every file is an image in base64, every other field a text. Numbers become numbers.
 * @throws JudgeError PICKAPIC_JUDGE_REQUEST
 */
async function formBody(body: Buffer, type: string | string[]): Promise<Record<string, unknown>> {
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": String(type) } }).formData().catch(() => {
    throw new JudgeError("PICKAPIC_JUDGE_REQUEST", "The body is no multipart form, although its Content-Type says so.");
  });
  const images: string[] = [];
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) {
    if (typeof value !== "string") images.push(await imageOf(value, images.length + 1));
    else if (name in fields)
      throw new JudgeError("PICKAPIC_JUDGE_REQUEST", `The form has the field "${name}" twice; expected it once.`);
    else fields[name] = name === "top" ? Number(value) : value;
  }
  return { ...fields, ...(images.length > 0 ? { images } : {}) };
}

/** @param position the number of the image among the images of the form, from 1 */
async function imageOf(file: Blob, position: number): Promise<string> {
  if (file.size === 0)
    throw new JudgeError("PICKAPIC_JUDGE_IMAGE", `Image ${position} of the question`, "expected a picture; the file is empty");
  return Buffer.from(await file.arrayBuffer()).toString("base64");
}
