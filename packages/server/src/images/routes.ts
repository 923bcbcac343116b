/** @file The routes of images: their bytes, and, for the operator, the request that an image was generated from. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { sql } from "kysely";
import { z } from "zod";
import { AdminImage } from "../api.ts";
import { PERSON_COUNTS } from "../comparisons/counted.ts";
import type { Database } from "../database/database.ts";
import { fixed } from "../database/fixed.ts";
import { ServerError } from "../errors.ts";
import type { ImageFiles } from "../files/imageFiles.ts";
import { identify, isOperator } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { IdParams, isUuid } from "../http/schemas.ts";
import { requestOf } from "./request.ts";
import { inSizeClass, SentMemory } from "./sizeClass.ts";

/** Caches may keep a picture, but must ask again before each use, so that a picture disappears everywhere as soon as its person withdraws. */
const ASK_AGAIN = "public, no-cache";
/** A picture that only its person and the operator may see must not be cached at all. */
const KEPT_NOWHERE = "private, no-store";

/** A picture of the best-of-n page, which the browser of its person may keep. */
const OWN = "private, no-cache";

/** Registers the routes of images. */
export function imageRoutes(app: App, services: Services): void {
  const { db, files } = services;
  const memory = new SentMemory();
  const config = {
    access: "public",
    rateLimit: false,
    fails: ["PICKAPIC_IMAGE_UNKNOWN", "PICKAPIC_IMAGE_WITHDRAWN", "PICKAPIC_FILES_UNREACHABLE"],
  } as const;
  const bytes = {
    tags: ["images"],
    operationId: "getImage",
    summary: "The bytes of an image",
    description:
      "A JPEG without metadata, padded so that its length says nothing about its generator. It is 410 once the person whose prompt it was made from withdrew, except for that person and the operator.",
    params: IdParams,
    response: {
      200: { description: "The picture.", content: { "image/jpeg": { schema: z.unknown() } } },
      304: z.unknown().describe("The picture that If-None-Match names is still the same."),
    },
  };
  app.get("/api/images/:id", { config, schema: bytes }, async (request, reply) => {
    const { hash, width, height, owner, isPublic, isAside } = await findImage(db, request.params.id);
    if (!isPublic && !(await maySeeWithdrawn(owner, request, reply, services)))
      throw isAside ? new ServerError("PICKAPIC_IMAGE_UNKNOWN") : new ServerError("PICKAPIC_IMAGE_WITHDRAWN");
    // Other sites may show the pictures, because datasets link to them.
    reply.headers({
      "cache-control": isPublic ? ASK_AGAIN : isAside ? OWN : KEPT_NOWHERE,
      "cross-origin-resource-policy": "cross-origin",
    });
    reply.header("etag", `"${hash}"`);
    if (request.headers["if-none-match"] === `"${hash}"`) return reply.code(304).send();
    const padded = inSizeClass(await files.get(hash), width, height, memory.take);
    // The reply is closed once the system has all of its bytes, or the connection has ended.
    reply.raw.once("close", () => memory.giveBack(padded));
    return reply.type("image/jpeg").send(padded);
  });

  const schema = {
    tags: ["operator"],
    operationId: "describeImage",
    summary: "What an image was made from",
    description: "The request that its generator got. `pickapic simulate` sees pictures this way.",
    params: IdParams,
    response: { 200: AdminImage },
  };
  app.get("/api/admin/images/:id", { config: { access: "admin", fails: ["PICKAPIC_IMAGE_UNKNOWN"] }, schema }, (request) =>
    describeImage(db, request.params.id),
  );
}

/** True for the operator, and for the person whose prompt the image was made from: people can still see the pictures of their own history. */
async function maySeeWithdrawn(
  owner: string,
  request: FastifyRequest,
  reply: FastifyReply,
  services: Services,
): Promise<boolean> {
  if (isOperator(request, services)) return true;
  const person = await identify(request, reply, services);
  return person?.id === owner && !person.banned;
}

interface FoundImage {
  hash: string;
  width: number;
  height: number;
  /** Id of the person who wrote the prompt. */
  owner: string;
  /** False if that person has withdrawn the consent, or is banned, and for images of the best-of-n page. */
  isPublic: boolean;
  /** True for an image of the best-of-n page, which only its person and the operator may see. */
  isAside: boolean;
}

const imageById = fixed<{ id: string }, FoundImage>(
  (parameter) => sql<FoundImage>`
    select i.content_hash as hash, i.width, i.height, o.user_id as owner, o.best_of is not null as "isAside",
      o.best_of is null and exists (select from people p where p.user_id = o.user_id and ${PERSON_COUNTS}) as "isPublic"
    from images i join rounds o on o.id = i.round_id where i.id = ${parameter("id")} and i.content_hash is not null`,
);

async function findImage(db: Database, id: string): Promise<FoundImage> {
  const [found] = isUuid(id) ? await imageById(db, { id }) : [];
  if (!found) throw new ServerError("PICKAPIC_IMAGE_UNKNOWN");
  return found;
}

/** Returns the bytes of an image that everyone may see; null for an unknown id and for one whose person withdrew. */
export async function publicImage(db: Database, files: Pick<ImageFiles, "get">, id: string): Promise<Uint8Array | null> {
  const found = await findImage(db, id).catch((error: unknown) => {
    if (error instanceof ServerError && error.code === "PICKAPIC_IMAGE_UNKNOWN") return null;
    throw error;
  });
  return found?.isPublic ? files.get(found.hash) : null;
}

async function describeImage(db: Database, id: string): Promise<AdminImage> {
  const row = isUuid(id)
    ? await db
        .selectFrom("images as i")
        .innerJoin("rounds as r", "r.id", "i.round_id")
        .selectAll("i")
        .select("r.prompt")
        .where("i.id", "=", id)
        .executeTakeFirst()
    : undefined;
  if (!row) throw new ServerError("PICKAPIC_IMAGE_UNKNOWN");
  const { backend, scheduler, ranked } = row;
  const request = requestOf(row);
  return { request: ranked ? { ...request, model: ranked.base } : request, backend, scheduler, ranked };
}
