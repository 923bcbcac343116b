/** @file The routes by which the operator exports the dataset on the server, and sees its releases. */

import { Exports, NewExport } from "../api/exports.ts";
import type { App, Services } from "../http/app.ts";

/** Registers POST and GET /api/admin/exports. */
export function releaseRoutes(app: App, { exporter }: Services): void {
  const start = {
    tags: ["operator"],
    operationId: "startExport",
    summary: "Export the dataset on the server",
    description:
      "Starts to write the next release into the folder releases/ of the data folder, on a thread of its own. It goes on when the server is started again. One runs at a time; the same data makes no new release.",
    body: NewExport,
    response: { 202: Exports },
  };
  app.post(
    "/api/admin/exports",
    { config: { access: "admin", fails: ["PICKAPIC_EXPORT_RUNNING"] }, schema: start },
    async (request, reply) => reply.code(202).send(await exporter.start(request.body)),
  );
  const list = {
    tags: ["operator"],
    operationId: "getExports",
    summary: "The running export, and all releases",
    description: "How far the running export is, why the last one failed, and the releases on the server.",
    response: { 200: Exports },
  };
  app.get("/api/admin/exports", { config: { access: "admin", needsDatabase: false }, schema: list }, () => exporter.state());
}
