/** @file The routes by which the operator exports the dataset on the server, sees its releases, and removes old ones. */

import { Exports, NewExport } from "../api/exports.ts";
import type { App, Services } from "../http/app.ts";
import { RowParams, rowOf } from "../http/schemas.ts";

/** Registers POST and GET /api/admin/exports, and DELETE /api/admin/exports/:id. */
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
  const remove = {
    tags: ["operator"],
    operationId: "removeRelease",
    summary: "Remove an old release",
    description:
      "Removes a release with all its files from the server. The newest one stays, because the number of the next follows from it.",
    params: RowParams,
    response: { 200: Exports },
  };
  const fails = ["PICKAPIC_RELEASE_UNKNOWN", "PICKAPIC_RELEASE_NEWEST"] as const;
  app.delete("/api/admin/exports/:id", { config: { access: "admin", needsDatabase: false, fails }, schema: remove }, (request) =>
    exporter.remove(rowOf(request.params.id) ?? 0),
  );
}
