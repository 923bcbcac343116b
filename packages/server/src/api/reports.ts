/** @file Reports of images that should not be shown. */
import { z } from "zod";
import { textUpTo } from "./text.ts";

/** Checks the reason of a report. */
export const ReportReason = z.enum(["offensive", "person", "broken", "other"]).meta({
  id: "ReportReason",
  description:
    "Why an image is reported: it offends or harms; it shows or resembles a real person; it is no proper picture; something else.",
});
/** Why an image is reported: it offends or harms; it shows or resembles a real person; it is no proper picture; something else. */
export type ReportReason = z.infer<typeof ReportReason>;

/** The longest note beside a report, in characters. */
export const REPORT_NOTE_MAX_CHARACTERS = 1_000;

/** Checks the body of a report of an image, and trims its note. */
export const NewReport = z
  .object({
    reason: ReportReason,
    note: textUpTo(REPORT_NOTE_MAX_CHARACTERS)
      .transform((note) => note.trim())
      .default("")
      .describe("In the person's own words; only the operator reads it."),
  })
  .meta({ id: "NewReport", description: "What a person says about an image that should not be shown." });
/** What a person says about an image that should not be shown. */
export type NewReport = z.input<typeof NewReport>;

/** Checks one report in the list of reports. */
export const ReportedImage = z
  .object({
    report: z.int().positive(),
    url: z.string().describe("/api/images/<id>"),
    prompt: z.string(),
    model: z.string(),
    reason: ReportReason,
    note: z.string(),
    createdAt: z.iso.datetime().describe("ISO 8601, UTC."),
  })
  .meta({ id: "ReportedImage", description: "One report of an image." });
/** One report of an image. */
export type ReportedImage = z.infer<typeof ReportedImage>;

/** Checks the reply of GET /api/admin/reports. */
export const Reports = z
  .object({
    reports: z.array(ReportedImage).describe("Newest first."),
    next: z.string().nullable().describe("Pass as ?before= for the next page; null: this is the last one."),
  })
  .meta({ id: "Reports", description: "What people reported, for the operator." });
/** What people reported, for the operator. */
export type Reports = z.infer<typeof Reports>;
