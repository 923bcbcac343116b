/** @file The types that every route works with: the application, and the services behind it. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Auth } from "../auth/auth.ts";
import type { Person } from "../auth/sessions.ts";
import type { Database } from "../database/database.ts";
import type { FileStore } from "../files/fileStore.ts";
import type { ImageFiles } from "../files/imageFiles.ts";
import type { Worker } from "../jobs/worker.ts";
import type { Caller } from "../judge/callers.ts";
import type { JudgeService } from "../judge/service.ts";
import type { DiskRoom } from "../operations/room.ts";
import type { Exporter } from "../releases/exporter.ts";
import type { RoundChanges } from "../rounds/changes.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { Access } from "./accessLevel.ts";
import type { RefusalCode } from "./refusals.ts";
import type { Streams } from "./streams.ts";

/** The web application; routes are typed by their zod schemas. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

/** What the routes use. */
export interface Services {
  settings: ResolvedSettings;
  db: Database;
  files: ImageFiles;
  auth: Auth;
  /** The folder of `files`. */
  fileStore: FileStore;
  changes: RoundChanges;
  streams: Streams;
  room: DiskRoom;
  /** The worker inside this process. Null if only other processes generate images. */
  worker: Worker | null;
  /** Null if this server judges no images for other programs. */
  judge: JudgeService | null;
  /** Exports the dataset in the background. */
  exporter: Exporter;
  adminToken: string;
  /** Signs sessions, and is the key of hashed network addresses. */
  secret: string;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use the route. Every route must declare it; otherwise the server does not start. */
    access?: Access;
    /** False for routes that work without the database. Default true. */
    needsDatabase?: boolean;
    /** Errors of this route, beyond those that its policy implies (http/refusals.ts). The API's description lists both. */
    fails?: readonly RefusalCode[];
  }
  interface FastifyRequest {
    person: Person | null;
    /** Who asks the judge; null on other routes. */
    caller: Caller | null;
  }
}
