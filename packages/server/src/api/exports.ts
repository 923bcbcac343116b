/** @file What the operator sees of exports on the server. */
import { z } from "zod";

/** Checks a request for an export. */
export const NewExport = z
  .strictObject({
    images: z.boolean().default(true).describe("false: without the columns of pictures."),
    license: z
      .string()
      .min(1)
      .max(100)
      .nullish()
      .describe("Hugging Face's identifier, such as cc-by-4.0. Without it the card says that none was chosen."),
    seed: z.int().nonnegative().default(0).describe("Of the splits."),
  })
  .meta({ id: "NewExport", description: "What an export is to write." });
/** A request for an export. */
export type NewExport = z.infer<typeof NewExport>;

/** Checks the reply of the routes of exports. */
export const Exports = z
  .object({
    state: z
      .enum(["idle", "running", "failed"])
      .describe("failed: the last export; start another one to go on after its finished files."),
    done: z.int().nonnegative().describe("Rankings that the running export has written."),
    total: z.int().nonnegative().describe("Rankings that it writes in all; 0 until they are known."),
    problem: z.string().nullable().describe("Why the last export failed, in a sentence; null when it did not."),
    unchanged: z.boolean().describe("true: the last export found the same data as the newest release, and made no new one."),
    releases: z
      .array(z.object({ release: z.int().positive(), folder: z.string(), writtenAt: z.iso.datetime() }))
      .describe("Newest first; folders are on the server."),
  })
  .meta({ id: "Exports", description: "The running export, if any, and the releases of the dataset on the server." });
/** The running export and the releases. */
export type Exports = z.infer<typeof Exports>;
