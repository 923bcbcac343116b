/** @file Reads the bodies that only the judge's routes take: multipart forms, and bytes. */
import { JudgeError } from "@pickapic/judge";
import type { App } from "../http/app.ts";

/** Registers the parsers of an encapsulated part of an application. */
export function parseQuestions(app: App): void {
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
