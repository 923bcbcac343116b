/** @file The bytes of images, under ids that say nothing; and, for the operator, what an image was made from. */
import { AdminImage } from "../api.ts";
import type { Database } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import type { App, Services } from "../http/app.ts";
import { failures, IdParams, isUuid } from "../http/schemas.ts";
import { requestOf } from "./request.ts";
import { inSizeClass } from "./sizeClass.ts";

export function imageRoutes(app: App, { db, files }: Services): void {
  const config = { access: "public", rateLimit: false } as const;
  app.get("/api/images/:id", { config, schema: { tags: ["images"], params: IdParams } }, async (request, reply) => {
    const { hash, width, height } = await findImage(db, request.params.id);
    // The same for every image: a year, for everybody. Datasets link here, so other sites may show them.
    reply.headers({ "cache-control": "public, max-age=31536000, immutable", "cross-origin-resource-policy": "cross-origin" });
    reply.header("etag", `"${hash}"`);
    if (request.headers["if-none-match"] === `"${hash}"`) return reply.code(304).send();
    return reply.type("image/jpeg").send(inSizeClass(await files.get(hash), width, height));
  });

  const schema = {
    tags: ["operator"],
    params: IdParams,
    security: [{ operator: [] }],
    response: { 200: AdminImage, ...failures },
  };
  app.get("/api/admin/images/:id", { config: { access: "admin" }, schema }, (request) => describeImage(db, request.params.id));
}

async function findImage(db: Database, id: string): Promise<{ hash: string; width: number; height: number }> {
  const row = isUuid(id)
    ? await db.selectFrom("images").select(["content_hash", "width", "height"]).where("id", "=", id).executeTakeFirst()
    : undefined;
  const { content_hash: hash, width, height } = row ?? {};
  if (!hash || !width || !height) throw new ServerError("PICKAPIC_IMAGE_UNKNOWN");
  return { hash, width, height };
}

async function describeImage(db: Database, id: string): Promise<AdminImage> {
  const row = isUuid(id)
    ? await db
        .selectFrom("images as i")
        .innerJoin("rounds as r", "r.id", "i.round_id")
        .selectAll("i")
        .select(["r.prompt", "r.negative_prompt"])
        .where("i.id", "=", id)
        .executeTakeFirst()
    : undefined;
  if (!row) throw new ServerError("PICKAPIC_IMAGE_UNKNOWN");
  return { request: requestOf(row), backend: row.backend, scheduler: row.scheduler };
}
