/** @file What a server says about its error: the sentences of an answer in any of the shapes that servers use, without the rest of it. */

import { jsonOf } from "@pickapic/errors";

/** The longest text that is repeated of an answer, characters. */
const MOST_SAID = 200;

/**
 * Fields whose texts say what went wrong, in the order in which they are told: OpenAI's `error.message`, AUTOMATIC1111's `error` and `errors`, FastAPI's
 * `detail` with `loc` and `msg`, ComfyUI's `error.message` with the `details` of `node_errors`.
 */
const TELLING = ["message", "error", "detail", "loc", "msg", "details", "errors", "node_errors"];

/** A field of nodes or list entries: its keys are ids, so that all of them are looked into. */
const KEYED_BY_ID: ReadonlySet<string> = new Set(["node_errors"]);

/** Returns what an answer says about an error, in at most 200 characters and without a full stop at its end; "nothing" when it says nothing. */
export function saidIn(answer: string): string {
  const value = jsonOf(answer);
  const told = typeof value === "object" && value !== null ? [...new Set(textsOf(value))].join(": ") : plainText(answer);
  const text = told.replace(/\s+/g, " ").trim();
  return text.slice(0, MOST_SAID).replace(/\.$/, "") || "nothing";
}

/** The texts of the fields that tell something, outermost first. An object with none of these fields is told whole. */
function textsOf(value: object): string[] {
  if (Array.isArray(value)) return value.flatMap((each: unknown) => textsIn(each, "msg"));
  const known = TELLING.filter((name) => name in value);
  if (known.length === 0) return Object.keys(value).length === 0 ? [] : [JSON.stringify(value)];
  return known.flatMap((name) => textsIn(Reflect.get(value, name), name));
}

function textsIn(value: unknown, name: string): string[] {
  if (typeof value === "string") return value.trim() === "" ? [] : [value.trim().replace(/\.$/, "")];
  if (typeof value !== "object" || value === null) return [];
  // FastAPI's place of a fault, such as ["body", "steps"].
  if (name === "loc" && Array.isArray(value)) return [value.join(".")];
  return KEYED_BY_ID.has(name) ? Object.values(value).flatMap((each: unknown) => textsIn(each, "errors")) : textsOf(value);
}

/** The title of a page of HTML, else its text; another text as it is. */
function plainText(text: string): string {
  if (!/^\s*<(?:!doctype|html|head|body)/i.test(text)) return text;
  const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]?.trim();
  return title || text.replace(/<[^>]*>/g, " ");
}

/** Codes with which servers refuse a prompt for what it asks to be shown: OpenAI's, Azure's, fal's and Black Forest Labs'. */
const PROMPT_CODES = /\b(?:content_policy_violation|moderation_blocked|content_?filter|content_?moderated|request moderated)\b/i;

/** True when a server that refuses a request says that it refuses the prompt, and not the request's form or its key. */
export function refusesPrompt(status: number, answer: string): boolean {
  return status >= 400 && status < 500 && PROMPT_CODES.test(answer);
}
