/** @file The shape that SwarmUI's scorers extension asks for: POST /API/DoScore with one image, a result of 0...1. */
import { itemAt } from "@pickapic/errors";
import { z } from "zod";
import type { JudgedImages } from "../core/judged.ts";
import { scaled } from "../core/scale.ts";
import { JudgeError } from "../errors.ts";
import { type AskedPair, ImageText, imageOfText, LONGEST_PROMPT } from "../images/asked.ts";

/** The body of POST /API/DoScore. */
export const DoScoreRequest = z
  .looseObject({
    scorer: z.string().optional().describe("Any: this judge has one scorer."),
    prompt: z.string().max(LONGEST_PROMPT),
    image: ImageText.describe("base64"),
  })
  .meta({ id: "DoScoreRequest", description: "The body of SwarmUI's /API/DoScore." });

/** The reply of POST /API/DoScore. */
export const DoScoreReply = z
  .object({ result: z.number().optional(), error: z.string().optional(), log: z.string() })
  .meta({ id: "DoScoreReply", description: "A score of 0...1, or an error." });

/** Reads a request to /API/DoScore. @throws JudgeError PICKAPIC_JUDGE_IMAGE */
export function readDoScore({ prompt, image }: z.infer<typeof DoScoreRequest>): AskedPair[] {
  return [{ prompt, image: imageOfText(image, "image") }];
}

/** Writes the reply: the percentile of a judge with votes as a share, otherwise raw / 26, cut to 0...1. @throws JudgeError PICKAPIC_JUDGE_IMAGE */
export function writeDoScore({ results, facts: { calibration } }: JudgedImages): z.infer<typeof DoScoreReply> {
  const result = itemAt(results, 0);
  if ("code" in result) throw new JudgeError("PICKAPIC_JUDGE_IMAGE", "image", result.message.replace(/\.$/, ""));
  const share = calibration ? scaled(result.score, "percentile", calibration) / 100 : scaled(result.score, "unit", null);
  return { result: Math.min(1, Math.max(0, share)), log: "" };
}
