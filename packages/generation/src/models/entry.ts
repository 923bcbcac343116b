/** @file The fields of an entry of models.yaml, each with what is expected of it. */

import { shown } from "@pickapic/errors";
import { z } from "zod";
import { RANKED_IMAGES } from "../best/ranked.ts";

/** Gives every fault of a schema one sentence: what was expected, and what came. */
const said = <T extends z.ZodType>(expected: string, schema: (error: { error: z.core.$ZodErrorMap }) => T): T =>
  schema({ error: ({ input }) => `expected ${expected}; got ${shown(input)}` });

const text = (expected: string) => said(expected, (error) => z.string(error).trim().min(1, error).max(4096, error));
const whole = (least: number, most: number, expected: string) =>
  said(expected, (error) => z.number(error).int(error).min(least, error).max(most, error));
const amount = (least: number, most: number, expected: string) =>
  said(expected, (error) => z.number(error).min(least, error).max(most, error));

/** Most characters of the name of a model. */
export const MOST_NAME = 80;

const GUIDANCE = "a number of 0 ... 100, or a range such as [3, 12]";
const guidanceScale = amount(0, 100, GUIDANCE);
const guidance = said(GUIDANCE, (error) =>
  z
    .union([guidanceScale.transform((g): [number, number] => [g, g]), z.tuple([guidanceScale, guidanceScale], error)], error)
    .refine(([low, high]) => low <= high, error),
);

const SIDE = { least: 16, most: 4096 };
const sidesOf = (text: string): { width: number; height: number } => {
  const [width = 0, height = 0] = text.split("x").map(Number);
  return { width, height };
};
const isSide = (side: number): boolean => side >= SIDE.least && side <= SIDE.most;
const size = said("width x height in px, 16 ... 4096 each, such as 1024x1024", (error) =>
  z
    .string(error)
    // One check of the text as it was written, so that a fault is reported once and quotes the text.
    .refine((text) => /^\d{2,4}x\d{2,4}$/.test(text) && Object.values(sidesOf(text)).every(isSide), error)
    .transform(sidesOf),
);

const modelName = said("a name of 1 ... 80 characters", (error) => z.string(error).trim().min(1, error).max(MOST_NAME, error));
const weight = amount(0, 1_000_000, "a number of at least 0");
const templates = text("the path of a file of templates");

const { least, most } = RANKED_IMAGES;
const RANKED = `a number of images, ${least} ... ${most}`;
const rankedFields = said(`${RANKED}, or fields such as {n: 8, scorer: pickscore-toy, name, weight, templates, patience}`, (error) =>
  z.strictObject(
    {
      n: whole(least, most, RANKED),
      name: modelName.optional(),
      weight: weight.optional(),
      scorer: text("the name of a scorer, such as pickscore-toy").optional(),
      templates: templates.optional(),
      patience: said("a probability above 0 and below 0.5", (wrong) => z.number(wrong).gt(0, wrong).lt(0.5, wrong)).optional(),
    },
    error,
  ),
);
/** A bare number is n. */
const ranked = z.preprocess((value) => (typeof value === "number" ? { n: value } : value), rankedFields);

const record = (expected: string) => said(expected, (error) => z.record(z.string(), z.unknown(), error));

/** The fields that an entry of every kind may have. */
export const COMMON_FIELDS = {
  name: modelName,
  title: text("a text"),
  model: text("the name by which the backend knows the model"),
  // What came is not repeated: it may be the secret itself.
  key: z.string("expected the name of a secret, such as OPENAI_API_KEY").regex(/^[A-Z][A-Z0-9_]*$/, {
    error: "expected the name of an environment variable or of a line of the secrets file, such as OPENAI_API_KEY, and not the secret itself",
  }),
  weight,
  guidance,
  steps: whole(1, 1000, "a whole number of 1 ... 1000"),
  size,
  templates,
  ranked,
  price: amount(0, 1_000_000, "the price of one image, a number of at least 0"),
  imagesPerDay: whole(1, 1_000_000_000, "a whole number of at least 1"),
  costPerDay: amount(0, 1_000_000_000, "a number above 0"),
  concurrency: whole(1, 1000, "a whole number of 1 ... 1000"),
  timeoutSeconds: amount(0.001, 86_400, "a number of seconds above 0"),
  settings: record("fields of a request, as the backend names them"),
} as const;

/** The fields that only some kinds have. */
export const OWN_FIELDS = {
  workflow: text("the path of a workflow in ComfyUI's API format"),
  slots: said("slots such as {prompt: 6.text}, or a list of inputs for one setting such as {prompt: [6.text_g, 6.text_l]}", (error) =>
    z.record(z.string(), z.union([z.string(error), z.array(z.string(error), error).min(1, error)], error), error),
  ),
  // YAML reads the id of a node as a number.
  output: said('the id of a node of the workflow, such as "9"', (error) => z.union([z.string(error), z.int(error)], error).transform(String)),
  program: text("the path of a program"),
  arguments: said("a list of texts", (error) => z.array(z.coerce.string(error), error)),
  manifest: text("the path of a CSV or JSONL file"),
  address: text("the address of the provider, where it is not the usual one"),
  api: said("v2 or raw", (error) => z.enum(["v2", "raw"], error)),
} as const;

/** One entry of models.yaml, before the defaults of its kind. The target of its kind is a text beside these fields. */
export const Entry = z.object({ ...COMMON_FIELDS, ...OWN_FIELDS }).partial();
/** One entry of models.yaml. Every field is optional except the field of its kind. */
export type Entry = z.infer<typeof Entry>;
