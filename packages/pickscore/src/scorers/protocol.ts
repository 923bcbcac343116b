/**
 * @file What is sent to a server or a command that scores, and what it must answer: docs/scorers.md describes it for those who write
 * one.
 */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { jsonOf, shown } from "@pickapic/errors";
import { kindOf } from "@pickapic/pictures";
import { z } from "zod";
import { PickScoreError } from "../errors.ts";
import type { PromptedImage } from "../score/imageResult.ts";
import type { ScoreReply } from "./external.ts";
import type { ImageFiles } from "./imageFiles.ts";

/** The version of the protocol; a change that old programs would misread gets another. */
export const PROTOCOL = "pickapic-scorer-1";

/** An image as it is sent: its bytes, or the absolute path of a file that exists until the reply. */
export type SentImage = { readonly base64: string; readonly mediaType: string } | { readonly path: string };

/** One request: a batch of images, each under its own prompt. */
export interface Request {
  readonly protocol: typeof PROTOCOL;
  /** Counts the requests of a scorer from 1. A command repeats it in the reply, so that it may answer in any order. */
  readonly id: number;
  readonly items: readonly { readonly prompt: string; readonly image: SentImage }[];
}

const replySchema = z.object({
  id: z.int().optional(),
  scores: z.array(z.union([z.number(), z.null(), z.object({ error: z.string() })])),
  scorer: z.string().optional(),
});

/** A reply that was read. */
export interface Reply {
  readonly id: number | undefined;
  readonly answers: readonly ScoreReply[];
  /** Name and version of the scorer in its own words, if it tells them. */
  readonly scorer: string | undefined;
}

/** Builds a request. @param files where images are written that are to be sent as paths but have none; null sends base64 */
export async function requestOf(id: number, batch: readonly PromptedImage[], files: ImageFiles | null): Promise<Request> {
  const items = batch.map(async ({ prompt, image }) => ({
    prompt,
    image: files ? { path: typeof image === "string" ? resolve(image) : await files.write(image) } : await encoded(image),
  }));
  return { protocol: PROTOCOL, id, items: await Promise.all(items) };
}

async function encoded(image: PromptedImage["image"]): Promise<SentImage> {
  const bytes = typeof image === "string" ? await readFile(image) : image;
  return { mediaType: `image/${kindOf(bytes) ?? "octet-stream"}`, base64: Buffer.from(bytes).toString("base64") };
}

/**
 * Reads a reply. NaN and Infinity, which Python writes though JSON has no such numbers, count as images without a score.
 * @throws {PickScoreError} PICKAPIC_SCORER_REPLY when it is not what the protocol asks for
 */
export function replyOf(text: string, name: string): Reply {
  const parsed = replySchema.safeParse(jsonOf(text.replace(NO_NUMBER, "null")));
  if (!parsed.success)
    throw new PickScoreError("PICKAPIC_SCORER_REPLY", name, `{"scores": [a number for each image]}`, excerpt(text));
  const { id, scores, scorer } = parsed.data;
  return { id, scorer, answers: scores.map((score) => score ?? { error: "the score is not a number" }) };
}

/** Outside of texts, NaN and Infinity stand between the marks of JSON. */
const NO_NUMBER = /(?<=[[,:]\s*)(NaN|-?Infinity)(?=\s*[\],}])/g;

const excerpt = (text: string): string => (text.trim() === "" ? "nothing" : shown(jsonOf(text) ?? text, 120));
