/** @file Reads a file of prompt templates and says of each entry what is wrong with it. */

import { readFile } from "node:fs/promises";
import { refusalOf } from "@pickapic/errors";
import { z } from "zod";
import { GenerationError } from "./errors.ts";
import { parsePrompt } from "./prompt.ts";
import type { PromptTemplate } from "./templates.ts";

const MARK = "{prompt}";

/** More templates than this are taken for a wrong file. */
const MOST_TEMPLATES = 1000;

const words = z.string({
  error: ({ input }) => `expected a text; got ${input === undefined ? "nothing" : JSON.stringify(input)}`,
});

const shape = z.strictObject(
  {
    name: words.trim().min(1, "expected a name; got an empty text").max(80, "expected at most 80 characters"),
    prompt: words.check(onceOnly, acceptable),
    negativePrompt: words.max(1000, "expected at most 1,000 characters").default(""),
  },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `expected name, prompt and negativePrompt only; got also ${issue.keys.map((key) => `"${key}"`).join(", ")}`
        : "expected an object with name, prompt and negativePrompt",
  },
);

/** Demands that the user's prompt stands in the template exactly once. */
function onceOnly({ value, issues }: z.core.ParsePayload<string>): void {
  const times = value.split(MARK).length - 1;
  if (times !== 1)
    issues.push({ code: "custom", input: value, message: `expected ${MARK} exactly once; it is there ${timesOf(times)}` });
}

const timesOf = (times: number): string => (times === 0 ? "not at all" : `${times} times`);

/** Refuses what the prompt of a user may not hold either, such as commands to a generator. */
function acceptable({ value, issues }: z.core.ParsePayload<string>): void {
  try {
    parsePrompt(value.replace(MARK, "a cat"));
  } catch (error) {
    if (!(error instanceof GenerationError)) throw error;
    issues.push({ code: "custom", input: value, message: `with a prompt in it, it is refused: ${error.message}` });
  }
}

/**
 * Reads templates from the text of a JSON file: a list of objects with name, prompt and negativePrompt (which may be left out).
 * @param source what the file is called in messages
 * @throws GenerationError PICKAPIC_TEMPLATES_INVALID, with one sentence for each wrong entry
 */
export function parseTemplates(text: string, source: string): PromptTemplate[] {
  const list = entriesOf(text, source);
  const templates: PromptTemplate[] = [];
  const faults: string[] = [];
  for (const [i, entry] of list.entries()) {
    const { data, error } = shape.safeParse(entry);
    if (data) templates.push(data);
    for (const { path, message } of error?.issues ?? []) faults.push(`${placeOf(i, entry)}${fieldOf(path)}: ${message}`);
  }
  faults.push(...repeatedNames(list));
  if (faults.length > 0) throw invalid(source, faults);
  return templates;
}

/**
 * Reads a file of templates.
 * @throws GenerationError PICKAPIC_TEMPLATES_UNREADABLE, PICKAPIC_TEMPLATES_INVALID
 */
export async function readTemplates(file: string): Promise<PromptTemplate[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new GenerationError("PICKAPIC_TEMPLATES_UNREADABLE", file, refusalOf(error));
  });
  return parseTemplates(text, file);
}

function entriesOf(text: string, source: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
    throw invalid(source, [
      `the file: expected JSON, a list such as [{"name": "photo", "prompt": "a photo of ${MARK}"}]; got ${why}`,
    ]);
  }
  if (Array.isArray(value) && value.length > 0 && value.length <= MOST_TEMPLATES) return value;
  const came = Array.isArray(value) ? `${value.length} of them` : "no list";
  throw invalid(source, [`the file: expected a list of 1 to ${MOST_TEMPLATES} templates; got ${came}`]);
}

/** The error of all faults of a file, a sentence each. */
function invalid(source: string, faults: readonly string[]): GenerationError {
  return new GenerationError(
    "PICKAPIC_TEMPLATES_INVALID",
    faults.map((fault) => `${source}, ${fault.replace(/\.$/, "")}.`).join("\n"),
  );
}

/** Names each entry whose name an earlier one has. */
function repeatedNames(list: readonly unknown[]): string[] {
  const first = new Map<string, number>();
  return list.flatMap((entry, i) => {
    const name = nameOf(entry);
    const before = name === null ? undefined : first.get(name);
    if (name !== null && before === undefined) first.set(name, i);
    return before === undefined ? [] : [`${placeOf(i, entry)}, name: entry ${before + 1} has the same name`];
  });
}

const fieldOf = (path: readonly PropertyKey[]): string => path.map((field) => `, ${String(field)}`).join("");

const placeOf = (index: number, entry: unknown): string => {
  const name = nameOf(entry);
  return `entry ${index + 1}${name === null ? "" : ` ("${name}")`}`;
};

function nameOf(entry: unknown): string | null {
  if (typeof entry !== "object" || entry === null || !("name" in entry) || typeof entry.name !== "string") return null;
  return entry.name.trim() || null;
}
