/** @file The settings of a server: one flat object, with the unit or meaning of each. An unknown setting is an error. */
import type { Random } from "@pickapic/chance";
import type { Backend } from "@pickapic/generation";
import type { FastifyBaseLogger } from "fastify";
import { z } from "zod";
import { FASTEST_ANSWER_MS } from "./api.ts";
import { BUCKET_FORM, parseBucket } from "./files/bucketStore.ts";

const flag = z.union([z.boolean(), z.stringbool()]);
const count = (least: number) => z.coerce.number().int().min(least);
const text = z.string().trim().min(1);

/** One setting that the environment can set. */
export interface Setting {
  readonly env: `PICKAPIC_${string}`;
  /** A variable that hosting services set. It counts if `env` is not set. */
  readonly alsoEnv?: string;
  readonly schema: z.ZodType;
  /** Its description in README.md. A test compares the two. */
  readonly about: string;
}

/** All settings that the environment can set. A setting that is passed to startServer wins over the environment. */
export const SETTINGS = {
  dataFolder: { env: "PICKAPIC_DATA", schema: text.default("data"), about: "the data folder" },
  port: {
    env: "PICKAPIC_PORT",
    alsoEnv: "PORT",
    schema: z.coerce.number().int().min(0).max(65_535).default(3000),
    about: "0 takes any free port; `PORT` counts when this is not set",
  },
  host: {
    env: "PICKAPIC_HOST",
    alsoEnv: "HOST",
    schema: text.default("localhost"),
    about: "where to listen; `0.0.0.0` for all addresses; `HOST` counts when this is not set",
  },
  webFolder: { env: "PICKAPIC_WEB", schema: text.optional(), about: "the built pages" },
  databaseUrl: {
    env: "PICKAPIC_DATABASE_URL",
    schema: z
      .url({ protocol: /^postgres(ql)?$/, error: "expected an address such as postgres://user:password@host:5432/name" })
      .optional(),
    about: "a PostgreSQL (14 or newer) of your own; without it the embedded one runs in the data folder",
  },
  filesUrl: {
    env: "PICKAPIC_FILES_URL",
    schema: text.refine((address) => parseBucket(address) !== null, BUCKET_FORM).optional(),
    about:
      "an S3 bucket for the pictures, which servers and workers on several machines can share, such as `s3://pictures/pickapic?endpoint=https://s3.example.org`; keys come from `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; without it they lie in the data folder",
  },
  secret: {
    env: "PICKAPIC_SECRET",
    schema: z.string().min(32).optional(),
    about: "signs sessions, 32 characters or more; without it one is generated into the data folder",
  },
  production: {
    env: "PICKAPIC_PRODUCTION",
    schema: flag.optional(),
    about:
      "`true` when several servers share a database: then `PICKAPIC_SECRET` is required; `NODE_ENV=production` means the same",
  },
  publicUrl: {
    env: "PICKAPIC_PUBLIC_URL",
    schema: z.url({ protocol: /^https?$/, error: "expected an address such as https://pick.example.org" }).optional(),
    about: "what people type, such as `https://pick.example.org`; https makes cookies secure",
  },
  trustProxy: {
    env: "PICKAPIC_TRUST_PROXY",
    schema: z
      .union(
        [
          z.number().int().min(2),
          z
            .string()
            .regex(/^[2-9]$/)
            .transform(Number),
          flag,
        ],
        { error: "expected true, false or a number of proxies, 2 ... 9" },
      )
      .default(false),
    about: "`true` behind a proxy that adds to X-Forwarded-For; behind several in a row, how many they are (up to 9)",
  },
  guests: {
    env: "PICKAPIC_GUESTS",
    schema: flag.optional(),
    about: "may people take part without an account; `true` unless `PICKAPIC_PUBLIC_URL` is set",
  },
  googleClientId: { env: "PICKAPIC_GOOGLE_CLIENT_ID", schema: text.optional(), about: "sign-in by Google" },
  googleClientSecret: { env: "PICKAPIC_GOOGLE_CLIENT_SECRET", schema: text.optional(), about: "" },
  discordClientId: { env: "PICKAPIC_DISCORD_CLIENT_ID", schema: text.optional(), about: "sign-in by Discord" },
  discordClientSecret: { env: "PICKAPIC_DISCORD_CLIENT_SECRET", schema: text.optional(), about: "" },
  oidcName: {
    env: "PICKAPIC_OIDC_NAME",
    schema: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, { error: "expected 1 to 40 small letters, digits and hyphens" })
      .default("oidc"),
    about: "how the OpenID provider is called, in small letters",
  },
  oidcIssuer: {
    env: "PICKAPIC_OIDC_ISSUER",
    schema: z.url().optional(),
    about: "sign-in by any OpenID provider: its address, without /.well-known/...",
  },
  oidcClientId: { env: "PICKAPIC_OIDC_CLIENT_ID", schema: text.optional(), about: "" },
  oidcClientSecret: { env: "PICKAPIC_OIDC_CLIENT_SECRET", schema: text.optional(), about: "" },
  runWorker: {
    env: "PICKAPIC_RUN_WORKER",
    schema: flag.default(true),
    about: "`false` when only `pickapic worker` processes generate images",
  },
  concurrency: { env: "PICKAPIC_CONCURRENCY", schema: count(1).default(2), about: "images that this process generates at once" },
  imagesAhead: {
    env: "PICKAPIC_IMAGES_AHEAD",
    schema: count(0).default(2),
    about: "images prepared per round while the person looks; with 0 everybody waits after each answer",
  },
  attempts: {
    env: "PICKAPIC_ATTEMPTS",
    schema: count(1).default(3),
    about: "tries per image; then another model takes its place, or the round says that generation failed",
  },
  retryDelayMs: {
    env: "PICKAPIC_RETRY_DELAY_MS",
    schema: count(0).default(500),
    about: "ms before the second try; doubles with each",
  },
  generationTimeoutMs: {
    env: "PICKAPIC_GENERATION_TIMEOUT_MS",
    schema: count(1).default(300_000),
    about: "ms that one try may take",
  },
  queueLimit: {
    env: "PICKAPIC_QUEUE_LIMIT",
    schema: count(1).default(5_000),
    about:
      "images that may wait; above it new rounds get 503, but for people with fewer than 8 images waiting, who are let in up to four times as many",
  },
  addressQueueLimit: {
    env: "PICKAPIC_ADDRESS_QUEUE_LIMIT",
    schema: count(1).default(2_500),
    about:
      "images that people of one address may have waiting; above it their new rounds get 429, but for people with fewer than 8 images waiting, who are let in up to twice as many",
  },
  userQueueLimit: {
    env: "PICKAPIC_USER_QUEUE_LIMIT",
    schema: count(1).default(200),
    about: "images of one user that may wait; then that user's new rounds get 429",
  },
  userWeeklyLimit: {
    env: "PICKAPIC_USER_WEEKLY_LIMIT",
    schema: count(1).default(10_000),
    about: "images of one user in seven days; then nothing new is made for that user for a while",
  },
  unansweredDays: {
    env: "PICKAPIC_UNANSWERED_DAYS",
    schema: count(1).max(3_650).default(30),
    about:
      "days after which a round that nobody goes on with loses the pictures that no answer names; answers that come later cannot count",
  },
  fastestAnswerMs: {
    env: "PICKAPIC_FASTEST_ANSWER_MS",
    schema: count(0).default(FASTEST_ANSWER_MS),
    about:
      "ms after the pictures of a pair were painted before which nobody can have judged them: earlier answers are kept, marked, and count in nothing",
  },
  guestsPerAddress: {
    env: "PICKAPIC_GUESTS_PER_ADDRESS",
    schema: count(1).default(2_000),
    about:
      "new guests per day (UTC) from one address (IPv6: from one /64 network), which many people may share; known guests are not counted",
  },
  rateLimit: {
    env: "PICKAPIC_RATE_LIMIT",
    schema: count(1).default(6_000),
    about: "requests per minute of one user (of one address, for visitors who are not signed in)",
  },
  signInLimit: { env: "PICKAPIC_SIGN_IN_LIMIT", schema: count(1).default(2_000), about: "sign-ins per minute from one address" },
  databaseConnectTimeoutMs: {
    env: "PICKAPIC_DATABASE_CONNECT_TIMEOUT_MS",
    schema: count(100).default(10_000),
    about: "ms that a request may wait for a connection to the database",
  },
  databaseStatementTimeoutMs: {
    env: "PICKAPIC_DATABASE_STATEMENT_TIMEOUT_MS",
    schema: count(100).default(5_000),
    about: "ms that one statement may take; cleaning and exports have ten minutes",
  },
  diskReserveMb: {
    env: "PICKAPIC_DISK_RESERVE_MB",
    schema: count(0).default(32),
    about: "MB of the disk that are kept for answers: when less is left, no prompts are taken and no images are generated",
  },
  readyQueueAgeMs: {
    env: "PICKAPIC_READY_QUEUE_AGE_MS",
    schema: count(1_000).default(300_000),
    about: "ms that a person may wait for an image before `/api/ready` says that the server is overloaded",
  },
  requestTimeoutMs: {
    env: "PICKAPIC_REQUEST_TIMEOUT_MS",
    schema: count(100).default(30_000),
    about: "ms in which a request must have arrived, head and body; then the connection is closed with 408",
  },
  connectionLimit: {
    env: "PICKAPIC_CONNECTION_LIMIT",
    schema: count(1).default(10_000),
    about: "connections over all; those above are closed at once",
  },
  addressConnectionLimit: {
    env: "PICKAPIC_ADDRESS_CONNECTION_LIMIT",
    schema: count(1).default(4_000),
    about: "connections of one address, which many people may share; without `PICKAPIC_TRUST_PROXY` only",
  },
  streamLimit: {
    env: "PICKAPIC_STREAM_LIMIT",
    schema: count(1).default(5_000),
    about: "rounds that are followed at once over all; above it pages ask from time to time instead",
  },
  addressStreamLimit: {
    env: "PICKAPIC_ADDRESS_STREAM_LIMIT",
    schema: count(1).default(2_000),
    about: "rounds that are followed at once from one address",
  },
  userStreamLimit: {
    env: "PICKAPIC_USER_STREAM_LIMIT",
    schema: count(1).default(20),
    about: "rounds that one user follows at once",
  },
  heartbeatMs: {
    env: "PICKAPIC_HEARTBEAT_MS",
    schema: count(10).default(15_000),
    about:
      "ms between two signs of life on a followed round, so that no proxy closes it; each time, those whose session has ended elsewhere are closed",
  },
  cacheMs: { env: "PICKAPIC_CACHE_MS", schema: count(0).default(5_000), about: "ms that leaderboard and statistics may be old" },
  judge: {
    env: "PICKAPIC_JUDGE",
    schema: text.optional(),
    about:
      "a scorer that judges images for other programs under the address of the app, for callers with a key of `judge-keys.json` in the data folder (`pickapic judge key add`); without it there is no judge",
  },
  judgeCalibration: {
    env: "PICKAPIC_JUDGE_CALIBRATION",
    schema: text.optional(),
    about: "the calibration of that scorer, a file of `pickapic judge calibrate`",
  },
  judgeHosts: {
    env: "PICKAPIC_JUDGE_HOSTS",
    schema: text.optional(),
    about: "hosts from which that judge may fetch images, separated by commas; by default none",
  },
  logLevel: {
    env: "PICKAPIC_LOG_LEVEL",
    schema: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("warn"),
    about: "fatal, error, warn, info, debug, trace or silent; lines of JSON on stderr",
  },
} as const satisfies Record<string, Setting>;

/** The value of each setting after it was checked. */
export type FromEnvironment = { [K in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[K]["schema"]> };

/** The settings that only a caller of startServer can pass. */
export interface FromCaller {
  /** The backends whose models generate images. A function is asked each time they are needed, so that they may change while the server runs. */
  backends: readonly Backend[] | (() => readonly Backend[]);
  /** A logger with the interface of pino. Default: pino on stderr at `logLevel`. */
  logger?: FastifyBaseLogger;
  /** Random numbers for pairs, slots and generation requests. Default Math.random. */
  random: Random;
}

/** The settings as startServer takes them. */
export type ServerSettings = Partial<FromEnvironment> & Pick<FromCaller, "backends"> & Partial<FromCaller>;
/** The settings after they were completed by the environment and the defaults, and checked. */
export type ResolvedSettings = Omit<FromEnvironment, "guests" | "production"> &
  Omit<FromCaller, "backends"> & {
    /** The backends as they are now. */
    readonly backends: readonly Backend[];
    guests: boolean;
    production: boolean;
    /** Where the port was set, as an error names it: "the option port", a variable, or "default". */
    portSource: string;
  };
