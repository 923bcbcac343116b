/** @file The tables as TypeScript sees them. The SQL that makes them is in migrations.ts. */
import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { Choice, ReportReason } from "../api.ts";

type Now = ColumnType<Date, never, never>;
type Unset<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** better-auth's table: who exists. Its other tables (session, account, verification) are only read by better-auth. */
interface UserTable {
  id: string;
  name: string;
  isAnonymous: boolean | null;
}

/** What this app knows about a user. A row exists from the first consent on. */
interface PeopleTable {
  user_id: string;
  /** The pseudonym in the dataset: random, never the user's id. */
  ranker_id: number;
  karma: Generated<number>;
  consent_version: Unset<string>;
  consented_at: Unset<Date>;
  banned_at: Unset<Date>;
}

interface RoundsTable {
  id: string;
  user_id: string;
  prompt: string;
  negative_prompt: string;
  /** The comparison that waits for an answer. */
  comparison_id: Unset<string>;
  problem_code: Unset<string>;
  problem_message: Unset<string>;
  /** Grows with every change of the round: who planned from an older one plans again. */
  version: Generated<number>;
  created_at: Now;
  /** When its person finished it: from then on it takes no answers, and the history names its generators. */
  finished_at: Unset<Date>;
}

export type ImageState = "queued" | "generating" | "ready" | "failed" | "expired" | "cancelled";

interface ImagesTable {
  /** The public uid: random, says nothing. */
  id: string;
  /** In the order of asking. */
  number: Generated<number>;
  round_id: string;
  state: Generated<ImageState>;
  backend: string;
  model: string;
  seed: number;
  guidance_scale: number;
  steps: number;
  scheduler: string;
  /** Asked for, px. */
  request_width: number;
  request_height: number;
  attempts: Generated<number>;
  /** 0...1 of the attempt that runs. */
  fraction: Generated<number>;
  error: Unset<string>;
  /** SHA-256 of the stored file, hex. */
  content_hash: Unset<string>;
  /** As stored, px. */
  width: Unset<number>;
  height: Unset<number>;
  generation_ms: Unset<number>;
  warnings: JSONColumnType<string[] | null, string | null | undefined, string | null>;
  created_at: Now;
  ready_at: Unset<Date>;
  /** A person waits for this image; others are prepared ahead. Urgent images are generated first. */
  urgent: Generated<boolean>;
  /** The image's place in the queue: within equal urgency the lowest is generated first (jobs/queue.ts). */
  turn: Generated<number>;
  /** Not to be generated before this time; null: at once. */
  due_at: Unset<Date>;
  /** The worker that took the image last. */
  worker_id: Unset<string>;
  /** While the image is being generated: when its worker counts as lost. Its worker renews it every second. */
  lease_until: Unset<Date>;
  /** How often the image's worker was lost. */
  lost: Generated<number>;
}

/** Where each person stands in the queue (jobs/queue.ts). */
interface TurnsTable {
  user_id: string;
  /** Keyed hash of the network address that the person's last prompt came from. */
  network: string;
  /** The turn at which everything that this person ordered will have been generated. */
  finish: number;
  ordered_at: Generated<Date>;
}

/** Signs of life of the workers; emptied when PostgreSQL crashes. */
interface WorkersTable {
  id: string;
  /** Name of the worker's machine. */
  host: string;
  /** Images that the worker can generate at once, and how many it is generating. */
  concurrency: number;
  running: number;
  seen_at: Date;
}

/** What is done now and then, such as the nightly cleaning (jobs/nightly.ts). */
interface ChoresTable {
  name: string;
  started_at: Date;
  /** When a worker last looked whether it is due. */
  looked_at: Date;
  /** Since when the looks have followed each other without a jump of the clock. */
  steady_since: Date;
}

/** What was shown: written when it is shown, never changed. */
interface ComparisonsTable {
  id: string;
  number: Generated<number>;
  round_id: string;
  left_image: string;
  right_image: string;
  /** The one that stayed from the answer before; null for the first comparison of a round. */
  kept_image: string | null;
  left_model: string;
  right_model: string;
  /** The consent of whom it was shown to; null when it had been withdrawn: nobody can answer then. */
  consent_version: string | null;
  created_at: Now;
  /** When a reply carried it for the first time; null: none did yet. */
  shown_at: Unset<Date>;
  /** When the person asked for another pair instead of answering this one. */
  skipped_at: Unset<Date>;
}

interface RankingsTable {
  id: Generated<number>;
  comparison_id: string;
  user_id: string;
  choice: Choice;
  /** From both pictures on screen to the choice, as the page measured it; at most the time since the pair was handed out, unless it is simulated. */
  answer_ms: number;
  /** Given faster than a person can see: kept, and counts in nothing. */
  too_fast: Generated<boolean>;
  /** The consent under which the answer was given. */
  consent_version: string;
  /** JSON of the simulated person; null for a human. */
  simulated: JSONColumnType<object | null, string | null, never>;
  created_at: Now;
  withdrawn_at: Unset<Date>;
}

/** Replies by idempotency key. */
interface RepliesTable {
  user_id: string;
  key: string;
  /** SHA-256 of method, address and body. */
  request_hash: string;
  status: Unset<number>;
  body: JSONColumnType<object | null, string | null | undefined, string>;
  created_at: Now;
}

/** Files that may lie on the disk without an image that names them. */
interface LooseFilesTable {
  content_hash: string;
  since: Now;
}

/** New guests by address and day; the address cannot be read from it. */
interface NewcomersTable {
  /** Keyed hash of day and address. */
  mark: string;
  day: string;
  guests: number;
}

/** What people reported. One person reports an image once; a second report replaces the first. */
interface ReportsTable {
  id: Generated<number>;
  image_id: string;
  user_id: string;
  reason: ReportReason;
  note: Generated<string>;
  created_at: Now;
}

/** The file store that holds the pictures of this database. */
interface FileStoreTable {
  id: string;
}

/** How many images were ordered for a user on a day (UTC). */
interface DailyOrdersTable {
  user_id: string;
  day: string;
  images: number;
}

export interface Tables {
  user: UserTable;
  people: PeopleTable;
  rounds: RoundsTable;
  images: ImagesTable;
  comparisons: ComparisonsTable;
  rankings: RankingsTable;
  replies: RepliesTable;
  loose_files: LooseFilesTable;
  newcomers: NewcomersTable;
  daily_orders: DailyOrdersTable;
  reports: ReportsTable;
  file_store: FileStoreTable;
  turns: TurnsTable;
  workers: WorkersTable;
  chores: ChoresTable;
}
