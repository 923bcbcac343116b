/** @file What an operator and programs ask: whether the server works, how an image was made; and the body of every error. */
import { z } from "zod";

/** Checks the reply of GET /api/health. */
export const Health = z
  .object({ status: z.literal("ok"), version: z.string(), uptimeSeconds: z.number() })
  .meta({ id: "Health", description: "The process is alive." });
/** The reply of a process that is alive. */
export type Health = z.infer<typeof Health>;

/** Checks one entry of the reply of GET /api/ready. */
export const ReadyCheck = z
  .object({
    name: z.enum(["database", "worker", "queue", "models", "disk", "files"]),
    ok: z.boolean(),
    found: z.string().describe("What was found, in words: when it failed, why."),
  })
  .meta({ id: "ReadyCheck", description: "One thing that the server needs for its work." });
/** The check of one thing that the server needs. */
export type ReadyCheck = z.infer<typeof ReadyCheck>;

/** Checks the reply of GET /api/ready. */
export const Ready = z
  .object({ ready: z.boolean(), checks: z.array(ReadyCheck) })
  .meta({ id: "Ready", description: "Whether the server can do its work now; ready when every check is ok." });
/** Whether the server can do its work now. It is ready if every check is ok. */
export type Ready = z.infer<typeof Ready>;

const RankedPick = z
  .object({
    base: z.string().describe("The model that made the images."),
    n: z.int().describe("Images that were to be made."),
    scored: z.int().describe("Images that were made and scored: fewer than n where some failed, or where patience ended it."),
    failed: z.int().describe("Images that could not be made or scored."),
    scorer: z.string().describe("The scorer, as it was named."),
    identity: z.string().describe("What must be equal for its scores to be equal."),
    score: z.number().describe("That of the picked image."),
    seed: z.int().nullable().describe("That of the picked image; null where the backend takes and tells none."),
    template: z.string().describe("Name of the prompt template of the picked image; `bare` for the prompt as it is."),
  })
  .meta({
    id: "RankedPick",
    description: "How the image of a ranked entry was picked; null for one that was not picked from several.",
  });
/** How the image of a ranked entry was picked from several. */
export type RankedPick = z.infer<typeof RankedPick>;

/** Checks the reply of GET /api/admin/images/:id. */
export const AdminImage = z
  .object({
    request: z
      .object({
        prompt: z.string(),
        negativePrompt: z.string().nullable(),
        model: z.string(),
        seed: z.int().nullable(),
        guidanceScale: z.number().nullable(),
        steps: z.int().nullable(),
        width: z.int().nullable(),
        height: z.int().nullable(),
      })
      .describe(
        "What the image was generated from, as the generation package spells it; null where the backend has no such setting.",
      ),
    backend: z.string(),
    scheduler: z.string().nullable(),
    ranked: RankedPick.nullable(),
  })
  .meta({ id: "AdminImage", description: "The eyes of `pickapic simulate`: only with the operator's token." });
/** How an image was made, for `pickapic simulate`; only with the operator's token. */
export type AdminImage = z.infer<typeof AdminImage>;

/** Checks the body of every reply with a status of 400 or above. */
export const ErrorBody = z
  .object({
    error: z.object({
      code: z.string().describe("Stable: programs compare it. docs/errors.md lists all."),
      message: z.string().describe("A sentence for the person: what was expected, what came, what to do."),
      status: z.int().min(400).max(599).describe("The same as the status of the reply."),
    }),
  })
  .meta({ id: "ErrorBody", description: "The body of every error." });
/** The body of every error. */
export type ErrorBody = z.infer<typeof ErrorBody>;
