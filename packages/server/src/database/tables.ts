/** @file The types of the tables. The SQL that creates them is in migrations.ts. */
import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { Choice, RankedPick, ReportReason } from "../api.ts";

type Now = ColumnType<Date, never, never>;
type Unset<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** better-auth's table of users, with the columns that this app reads. */
interface UserTable {
  id: string;
  name: string;
  isAnonymous: boolean | null;
}

/** What this app stores about a user. The row is inserted at the first consent. */
interface PeopleTable {
  user_id: string;
  /** The pseudonym in the dataset: a random number. */
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
  /** The comparison that waits for an answer. Null while there is none. */
  comparison_id: Unset<string>;
  problem_code: Unset<string>;
  problem_message: Unset<string>;
  /** Raised by every change of the round. A change that was planned from an older version is planned again. */
  version: Generated<number>;
  created_at: Now;
  /** How many images were ordered on the best-of-n page. Null for a round that shows pairs. */
  best_of: Unset<number>;
  /** When the person finished the round. A finished round takes no answers, and the history names its generators. */
  finished_at: Unset<Date>;
}

/** How far an image is. "expired": its picture was deleted. "cancelled": its round stopped waiting for it. */
export type ImageState = "queued" | "generating" | "ready" | "failed" | "expired" | "cancelled";

interface ImagesTable {
  /** The public uid, which is random and so tells nothing about the image. */
  id: string;
  /** Numbers images in the order in which they were ordered. */
  number: Generated<number>;
  round_id: string;
  state: Generated<ImageState>;
  backend: string;
  model: string;
  /** The prompt that the backend gets. Null where it is that of the round; another one is made by a template. */
  asked_prompt: Unset<string>;
  /** The negative prompt that the backend gets. Null where the backend has none. */
  asked_negative_prompt: Unset<string>;
  /** Null where the backend has no such setting or does not tell which value it used, as in the following. */
  seed: Unset<number>;
  guidance_scale: Unset<number>;
  steps: Unset<number>;
  scheduler: Unset<string>;
  /** The requested size, px. */
  request_width: Unset<number>;
  request_height: Unset<number>;
  /** Which one of the pictures that were made earlier. Null for an image that is made for its round. */
  picture: Unset<number>;
  /** Probability with which the model was drawn for this image. Null for images of older versions. */
  draw_probability: Unset<number>;
  /** What the image cost, in the currency of models.yaml. Null when no price is known. */
  price: Unset<number>;
  /** How the image was picked. Null for one that was not picked from several. */
  ranked: JSONColumnType<RankedPick | null, string | null | undefined, string | null>;
  /** The score of the app's scorer, for an image of the best-of-n page. Null for any other. */
  score: Unset<number>;
  /** Number of attempts that failed. */
  attempts: Generated<number>;
  /** Progress of the present attempt, 0...1. */
  fraction: Generated<number>;
  error: Unset<string>;
  /** SHA-256 of the stored file, hex. */
  content_hash: Unset<string>;
  /** The size of the stored picture, px. */
  width: Unset<number>;
  height: Unset<number>;
  generation_ms: Unset<number>;
  warnings: JSONColumnType<string[] | null, string | null | undefined, string | null>;
  created_at: Now;
  ready_at: Unset<Date>;
  /** True if a person waits for this image, false if it is prepared ahead. Urgent images are generated first. */
  urgent: Generated<boolean>;
  /** The image's place in the queue: within equal urgency the lowest is generated first (jobs/queue.ts). */
  turn: Generated<number>;
  /** The image may not be generated before this time. Null: at once. */
  due_at: Unset<Date>;
  /** The worker that took the image last. */
  worker_id: Unset<string>;
  /** When the worker that generates the image counts as lost. The worker moves this time forward every second. */
  lease_until: Unset<Date>;
  /** How many workers were lost while they had this image. */
  lost: Generated<number>;
}

/** Each person's place in the queue (jobs/queue.ts). */
interface TurnsTable {
  user_id: string;
  /** Keyed hash of the network address that the person's last prompt came from. */
  network: string;
  /** The turn at which everything that this person ordered will have been generated. */
  finish: number;
  ordered_at: Generated<Date>;
}

/** The running workers and when each was last seen. PostgreSQL empties this table after a crash. */
interface WorkersTable {
  id: string;
  /** Name of the worker's machine. */
  host: string;
  /** How many images the worker can generate at once. */
  concurrency: number;
  /** How many images it is generating or storing. */
  running: number;
  seen_at: Date;
}

/** Regular tasks; so far the nightly cleaning (jobs/nightly.ts). */
interface ChoresTable {
  name: string;
  started_at: Date;
  /** When a worker last checked whether the task is due. */
  looked_at: Date;
  /** Since when no check has found that the clock has jumped. */
  steady_since: Date;
}

/** Pairs that were shown. The images, models and consent of a row never change. */
interface ComparisonsTable {
  id: string;
  number: Generated<number>;
  round_id: string;
  left_image: string;
  right_image: string;
  /** The image that stayed from the previous answer. Null if both images are new. */
  kept_image: string | null;
  left_model: string;
  right_model: string;
  /** Probability with which the models of the pair were drawn, given the kept image (rounds/advance.ts). Null for pairs of older versions. */
  draw_probability: Unset<number>;
  /** The consent that the person had given when the pair was chosen. Null if it had been withdrawn: without a consent no answer is accepted. */
  consent_version: string | null;
  created_at: Now;
  /** When a reply first carried the pair. Null if none has yet. */
  shown_at: Unset<Date>;
  /** When the person asked for another pair instead of answering this one. */
  skipped_at: Unset<Date>;
}

interface RankingsTable {
  id: Generated<number>;
  comparison_id: string;
  user_id: string;
  choice: Choice;
  /** Time from both pictures on screen to the choice, as the page measured it, ms. Unless simulated, it is capped at the time since the pair was first sent. */
  answer_ms: number;
  /** True if the answer was given faster than a person can see. It is stored, but counts nowhere. */
  too_fast: Generated<boolean>;
  /** The consent under which the answer was given. */
  consent_version: string;
  /** Describes the simulated person as JSON. Null for a human. */
  simulated: JSONColumnType<object | null, string | null, never>;
  created_at: Now;
  withdrawn_at: Unset<Date>;
}

/** Stored replies by idempotency key, for requests that are sent again. */
interface RepliesTable {
  user_id: string;
  key: string;
  /** SHA-256 of method, address and body. */
  request_hash: string;
  status: Unset<number>;
  body: JSONColumnType<object | null, string | null | undefined, string>;
  created_at: Now;
}

/** Hashes of files that may be on the disk without an image that names them (files/loose.ts). */
interface LooseFilesTable {
  content_hash: string;
  since: Now;
}

/** Number of new guests per network address and day. The address itself is not stored. */
interface NewcomersTable {
  /** Keyed hash of day and address. */
  mark: string;
  day: string;
  guests: number;
}

/** Reports of images. A person has one report per image: a second one replaces the first. */
interface ReportsTable {
  id: Generated<number>;
  image_id: string;
  user_id: string;
  reason: ReportReason;
  note: Generated<string>;
  created_at: Now;
}

/** What each model was asked to make on a day (UTC), for models with a limit per day. */
interface ModelDaysTable {
  model: string;
  day: string;
  images: number;
}

/** Models whose last image failed (jobs/troubles.ts). PostgreSQL empties this table after a crash. */
interface ModelTroublesTable {
  model: string;
  /** Why, in a sentence for the operator. */
  reason: string;
  /** Number of failures since the last image that was made. */
  failures: number;
  since: Date;
  last_at: Date;
}

/** The id of the file store that holds the pictures of this database (files/marker.ts). */
interface FileStoreTable {
  id: string;
}

/** Number of images that were ordered for a user on a day (UTC). */
interface DailyOrdersTable {
  user_id: string;
  day: string;
  images: number;
}

/** All tables by their names. */
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
  model_days: ModelDaysTable;
  model_troubles: ModelTroublesTable;
  file_store: FileStoreTable;
  turns: TurnsTable;
  workers: WorkersTable;
  chores: ChoresTable;
}
