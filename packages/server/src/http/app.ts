/** @file What every route gets: the application type, and the services behind it. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Auth } from "../auth/auth.ts";
import type { Person } from "../auth/sessions.ts";
import type { Database } from "../database/database.ts";
import type { ImageFiles } from "../images/files.ts";
import type { Worker } from "../jobs/worker.ts";
import type { DiskRoom } from "../operations/room.ts";
import type { RoundChanges } from "../rounds/changes.ts";
import type { Streams } from "../rounds/streams.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { Access } from "./accessLevel.ts";
import type { RefusalCode } from "./refusals.ts";

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

export interface Services {
  settings: ResolvedSettings;
  db: Database;
  files: ImageFiles;
  auth: Auth;
  /** Where `files` lie. */
  filesFolder: string;
  changes: RoundChanges;
  streams: Streams;
  room: DiskRoom;
  /** The worker inside this process; null: others generate the images. */
  worker: Worker | null;
  adminToken: string;
  /** Signs sessions; keys what is hashed. */
  secret: string;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Every route says who may use it; one that does not is a mistake that stops the start. */
    access?: Access;
    /** False for routes that answer without the database. */
    needsDatabase?: boolean;
    /** How this route may refuse, beyond what its policy brings (http/refusals.ts). The API's description lists all. */
    fails?: readonly RefusalCode[];
  }
  interface FastifyRequest {
    person: Person | null;
  }
}
