/** @file Reporting an image, and the operator's list of what was reported. */
import { z } from "zod";
import { NewReport, Reports, Round } from "../api.ts";
import { ServerError } from "../errors.ts";
import { personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { failures, IdParams, isUuid } from "../http/schemas.ts";
import { presentRound } from "../rounds/presenter.ts";
import { listReports, reportImage } from "./report.ts";

const Page = z.object({
  before: z.coerce.number().int().positive().optional().describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** POST /api/images/:id/reports for people, GET /api/admin/reports for the operator. */
export function reportRoutes(app: App, { db, settings }: Services): void {
  const report = {
    tags: ["images"],
    summary: "Report an image that you were shown; the pair that it is in is replaced. Gives the image's round",
    params: IdParams,
    body: NewReport,
    response: { 200: Round, ...failures },
  };
  app.post("/api/images/:id/reports", { config: { access: "user" }, schema: report }, async (request) => {
    const { id } = request.params;
    if (!isUuid(id)) throw new ServerError("PICKAPIC_IMAGE_UNKNOWN");
    const state = await db.transaction().execute((tx) => reportImage(tx, id, request.body, personOf(request), settings));
    return presentRound(state, settings.concurrency);
  });

  const list = {
    tags: ["operator"],
    summary: "What people reported, newest first",
    security: [{ operator: [] }],
    querystring: Page,
    response: { 200: Reports, ...failures },
  };
  app.get("/api/admin/reports", { config: { access: "admin" }, schema: list }, (request) =>
    listReports(db, request.query.before ?? Number.MAX_SAFE_INTEGER, request.query.limit),
  );
}
