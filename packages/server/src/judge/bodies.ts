/** @file Reads the bodies that only the judge's routes take: multipart forms, and bytes. */
import { JudgeError } from "@pickapic/judge";
import type { App } from "../http/app.ts";
import { tooDeep } from "../http/foundation.ts";

/**
 * Registers the parsers of the judge's routes in an encapsulated scope. JSON is parsed by JSON.parse alone: the usual parser also searches the text
 * for "__proto__", which takes longer than all else where megabytes of base64 come, and which these bodies need not, because their schemas copy
 * them field by field.
 */
export function parseQuestions(app: App): void {
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      const parsed: unknown = body === "" ? undefined : JSON.parse(String(body));
      done(tooDeep(parsed), parsed);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  app.addContentTypeParser("multipart/form-data", { parseAs: "buffer" }, async (request: { headers: Headers }, body: Buffer) =>
    formBody(body, request.headers["content-type"] ?? ""),
  );
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
    if (typeof value === "string") fields[name] = name === "top" ? Number(value) : value;
    else images.push(Buffer.from(await value.arrayBuffer()).toString("base64"));
  }
  return { ...fields, ...(images.length > 0 ? { images } : {}) };
}
