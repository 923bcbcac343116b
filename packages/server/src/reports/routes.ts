/** @file The routes of reports: a person reports an image, and the operator reads all reports. */
import { NewReport, Reports, Round } from "../api.ts";
import { ServerError } from "../errors.ts";
import { personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { IdParams, isUuid, PageQuery } from "../http/schemas.ts";
import { presentRound } from "../rounds/presenter.ts";
import { listReports, reportImage } from "./report.ts";

/** Registers POST /api/images/:id/reports for people and GET /api/admin/reports for the operator. */
export function reportRoutes(app: App, { db, settings }: Services): void {
  const report = {
    tags: ["images"],
    operationId: "reportImage",
    summary: "Report an image that you were shown",
    description:
      "Only the operator reads it. The pair that the image is in is replaced, and the image does not come back. A second report of the same image replaces the first. Gives the image's round.",
    params: IdParams,
    body: NewReport,
    response: { 200: Round },
  };
  app.post(
    "/api/images/:id/reports",
    { config: { access: "user", fails: ["PICKAPIC_IMAGE_UNKNOWN"] }, schema: report },
    async (request) => {
      const { id } = request.params;
      if (!isUuid(id)) throw new ServerError("PICKAPIC_IMAGE_UNKNOWN");
      const state = await db.transaction().execute((tx) => reportImage(tx, id, request.body, personOf(request), settings));
      return presentRound(state, settings.concurrency);
    },
  );

  const list = {
    tags: ["operator"],
    operationId: "listReports",
    summary: "What people reported",
    description: "Newest first, page by page.",
    querystring: PageQuery,
    response: { 200: Reports },
  };
  app.get("/api/admin/reports", { config: { access: "admin" }, schema: list }, (request) =>
    listReports(db, request.query.before ?? Number.MAX_SAFE_INTEGER, request.query.limit),
  );
}
