/** @file The HTTP contract: every body that crosses the wire, once as a schema and as a type. It imports nothing but zod. */
import { z } from "zod";

/** The longest prompt, in characters (code points): the same number as in @pickapic/generation, which this file must not import. */
export const PROMPT_MAX_CHARACTERS = 1_000;

/** The longest description of a simulated person, as JSON: it is stored with each answer. */
const SIMULATED_MAX_CHARACTERS = 4_000;
/** What JSON may spell and PostgreSQL stores in no text: the character 0, and half of a character. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f]..)/;

/**
 * An answer that comes earlier after its pictures were painted was given without looking: people choose between two pictures no better than by chance
 * before 313 ms (Milosavljevic, Koch, Rangel 2011). The default of the setting `fastestAnswerMs`.
 */
export const FASTEST_ANSWER_MS = 300;

export const Choice = z.enum(["left", "right", "tie"]);
/** What a person says about the two images that they see. */
export type Choice = z.infer<typeof Choice>;

export const ShownImage = z.object({
  /** /api/images/<random id>: says nothing about the generator. */
  url: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
});
/** An image as shown before the answer. */
export type ShownImage = z.infer<typeof ShownImage>;

export const Comparison = z.object({ id: z.uuid(), left: ShownImage, right: ShownImage });
/** Two images beside each other, waiting for one answer. */
export type Comparison = z.infer<typeof Comparison>;

export const Progress = z.object({
  /** Images that are there. */
  done: z.int().nonnegative(),
  /** Images that the next comparison needs. */
  total: z.int().positive(),
  /** 0...1, over all the images that are needed. */
  fraction: z.number().min(0).max(1),
  /** Estimated time until the comparison is there, in ms; null when nothing was measured yet. */
  etaMs: z.number().nonnegative().nullable(),
  /** How many images of others are ahead in the queue. */
  queuePosition: z.int().nonnegative(),
});
export type Progress = z.infer<typeof Progress>;

export const Problem = z.object({ code: z.string(), message: z.string() });
/** Why a round stands still; the message is for the person. */
export type Problem = z.infer<typeof Problem>;

export const Round = z.object({
  id: z.uuid(),
  prompt: z.string(),
  negativePrompt: z.string(),
  /** "failed": generation gave up after its retries; `problem` says why and POST /api/rounds/:id/retry tries again. */
  state: z.enum(["generating", "ready", "failed"]),
  comparison: Comparison.nullable(),
  problem: Problem.nullable(),
  progress: Progress,
  /** Answers that count, given in this round so far. */
  answers: z.int().nonnegative(),
  /** The last answer that was not taken back, which DELETE /api/rankings/:id takes back; null: none yet. */
  lastRanking: z.int().positive().nullable(),
  /** Images that are prepared for later pairs, the next one first: a page may load them before they are wanted. */
  upcoming: z.array(ShownImage),
  /**
   * What the generators did not follow in this round (a negative prompt, unknown words), one sentence each, to show beside the pictures.
   * A sentence that names a model is left out: the answer is blind. Empty while no comparison is open.
   */
  warnings: z.array(z.string()),
});
/** A prompt and the comparisons that follow from it. */
export type Round = z.infer<typeof Round>;

/**
 * What a round's negativePrompt is when the person wrote none: the same text as in @pickapic/generation, which this file must not import.
 * Pages show a negative prompt only when it differs from this one.
 */
export const DEFAULT_NEGATIVE_PROMPT = "white border, wall view, ugly, deformed, noisy, blurry, distorted, grainy";

export const NewRound = z.object({ prompt: z.string() });
export type NewRound = z.infer<typeof NewRound>;

export const Answer = z.object({
  choice: Choice,
  /**
   * From both images on screen to the choice, in ms. The time since the server handed the comparison out is taken when that is shorter. An answer that is
   * faster than `fastestAnswerMs` of /api/me is kept, and counts in nothing.
   */
  elapsedMs: z.int().min(0),
  /**
   * Parameters and seed of a simulated person, published with the answer. Accepted only with the operator's bearer token; an answer without it counts as a
   * person's.
   */
  simulated: z
    .record(z.string(), z.json())
    .refine((person) => !UNSTORABLE.test(JSON.stringify(person)), {
      error: "Not storable: expected text without the character 0 and without halves of characters",
    })
    .refine((person) => JSON.stringify(person).length <= SIMULATED_MAX_CHARACTERS, {
      error: `Too big: expected at most ${SIMULATED_MAX_CHARACTERS} characters of JSON`,
    })
    .optional(),
});
export type Answer = z.infer<typeof Answer>;

export const AnswerReply = z.object({ ranking: z.int().positive(), karma: z.int(), round: Round });
/** Sent after the answer is committed, never before. */
export type AnswerReply = z.infer<typeof AnswerReply>;

export const User = z.object({
  id: z.string(),
  name: z.string(),
  guest: z.boolean(),
  /** One for each answer that counts. */
  karma: z.int(),
  /** The consent text that the user agreed to; null: none yet. */
  consentVersion: z.string().nullable(),
});
export type User = z.infer<typeof User>;

export const Me = z.object({
  user: User.nullable(),
  /** The text to agree to, in Markdown. */
  consent: z.object({ version: z.string(), text: z.string() }),
  signIn: z.object({
    guests: z.boolean(),
    /** better-auth provider ids: "google", "discord", or the name of the configured OpenID provider. */
    providers: z.array(z.string()),
  }),
  /** True when pictures come from a simulated backend: the pages say so. */
  simulatedWorld: z.boolean(),
  /** An answer that is given sooner after its images were painted is kept, and counts in nothing, ms. */
  fastestAnswerMs: z.int().nonnegative(),
});
export type Me = z.infer<typeof Me>;

export const ConsentGiven = z.object({ version: z.string().min(1).max(100) });
export type ConsentGiven = z.infer<typeof ConsentGiven>;

export const RevealedImage = z.object({
  url: z.string(),
  model: z.string().nullable(),
  guidanceScale: z.number().nullable(),
  seed: z.int().nullable(),
});
/** An image after the answer. Its generator is named once its round is finished (POST /api/rounds/:id/finish), all of it at once; until then these are null. */
export type RevealedImage = z.infer<typeof RevealedImage>;

export const HistoryItem = z.object({
  ranking: z.int().positive(),
  /** The round that the answer was given in: /?round=<id> goes on with it. */
  round: z.uuid(),
  prompt: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  choice: Choice,
  /** Given faster than a person can see: it counts in nothing. */
  tooFast: z.boolean(),
  left: RevealedImage,
  right: RevealedImage,
});
export type HistoryItem = z.infer<typeof HistoryItem>;

export const History = z.object({
  items: z.array(HistoryItem),
  /** Pass as ?before= for the next page; null: this is the last one. */
  next: z.string().nullable(),
});
export type History = z.infer<typeof History>;

export const ReportReason = z.enum(["offensive", "person", "broken", "other"]);
/** Why an image is reported: it offends or harms; it shows or resembles a real person; it is no proper picture; something else. */
export type ReportReason = z.infer<typeof ReportReason>;

/** The longest note beside a report, in characters (UTF-16 units). */
export const REPORT_NOTE_MAX_CHARACTERS = 1_000;

export const NewReport = z.object({
  reason: ReportReason,
  /** In the person's own words; only the operator reads it. */
  note: z
    .string()
    .trim()
    .max(REPORT_NOTE_MAX_CHARACTERS)
    .refine((note) => !UNSTORABLE.test(JSON.stringify(note)), {
      error: "Not storable: expected text without the character 0 and without halves of characters",
    })
    .default(""),
});
/** What a person says about an image that should not be shown. */
export type NewReport = z.input<typeof NewReport>;

export const ReportedImage = z.object({
  report: z.int().positive(),
  /** /api/images/<id> */
  url: z.string(),
  prompt: z.string(),
  model: z.string(),
  reason: ReportReason,
  note: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
});
export type ReportedImage = z.infer<typeof ReportedImage>;

export const Reports = z.object({
  /** Newest first. */
  reports: z.array(ReportedImage),
  /** Pass as ?before= for the next page; null: this is the last one. */
  next: z.string().nullable(),
});
/** What people reported, for the operator. */
export type Reports = z.infer<typeof Reports>;

export const LeaderboardRow = z.object({
  model: z.string(),
  /** Bradley-Terry strength on the Elo scale. */
  rating: z.number(),
  /** 95 % interval of the rating, clustered by person and by prompt; null where it cannot be had. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** Ranks that the answers leave open, 1 for the strongest. */
  rankRange: z.object({ low: z.int().positive(), high: z.int().positive() }),
  games: z.int().nonnegative(),
  /** 0...1, ties count one half; null with fewer than 30 games. */
  winRate: z.number().nullable(),
  /** Why interval or win rate is null; null when both are there. */
  reason: z.string().nullable(),
});
export type LeaderboardRow = z.infer<typeof LeaderboardRow>;

export const Leaderboard = z.object({
  /** Strongest first. */
  models: z.array(LeaderboardRow),
  /** Why there are no models, in a sentence; null when there are some. */
  reason: z.string().nullable(),
  /** What a reader must know beside the figures, in whole sentences: people or prompts are few, all answers are ties. */
  remarks: z.array(z.string()),
  /** Answers that the ratings come from (two images of one model say nothing and are left out). */
  rankings: z.int().nonnegative(),
  /** How many of them simulated people gave. */
  simulated: z.int().nonnegative(),
  /** ISO 8601, UTC. */
  updatedAt: z.string(),
  /** How the figures were made, in one sentence to print beside them. */
  method: z.string(),
});
export type Leaderboard = z.infer<typeof Leaderboard>;

export const Statistics = z.object({
  rankings: z.int().nonnegative(),
  /** How many of them simulated people gave. */
  simulated: z.int().nonnegative(),
  ties: z.int().nonnegative(),
  /** 0...1; 0 when there are no rankings. */
  tieShare: z.number(),
  prompts: z.int().nonnegative(),
  users: z.int().nonnegative(),
  images: z.int().nonnegative(),
  /** Oldest first; day as YYYY-MM-DD, UTC; days without answers are left out. */
  answersPerDay: z.array(z.object({ day: z.string(), rankings: z.int() })),
  medianAnswerMs: z.number().nullable(),
  /** By guidance scale: bin "3-4" holds [3, 4), the last one [11, 12]. */
  guidance: z.array(z.object({ bin: z.string(), winRate: z.number(), games: z.int() })),
  /** The words that most prompts hold, most frequent first. */
  topWords: z.array(z.object({ word: z.string(), prompts: z.int() })),
});
export type Statistics = z.infer<typeof Statistics>;

export const Health = z.object({ status: z.literal("ok"), version: z.string(), uptimeSeconds: z.number() });
export type Health = z.infer<typeof Health>;

export const ReadyCheck = z.object({
  name: z.enum(["database", "worker", "queue", "disk", "files"]),
  ok: z.boolean(),
  /** What was found, in words: when it failed, why. */
  found: z.string(),
});
/** One thing that the server needs for its work. */
export type ReadyCheck = z.infer<typeof ReadyCheck>;

export const Ready = z.object({ ready: z.boolean(), checks: z.array(ReadyCheck) });
/** Whether the server can do its work now; ready when every check is ok. */
export type Ready = z.infer<typeof Ready>;

export const AdminImage = z.object({
  /** What the image was generated from, as the generation package spells it. */
  request: z.object({
    prompt: z.string(),
    negativePrompt: z.string(),
    model: z.string(),
    seed: z.int(),
    guidanceScale: z.number(),
    steps: z.int(),
    width: z.int(),
    height: z.int(),
  }),
  backend: z.string(),
  scheduler: z.string(),
});
/** The eyes of `pickapic simulate`: only with the administrator's token. */
export type AdminImage = z.infer<typeof AdminImage>;

export const ErrorBody = z.object({ error: z.object({ code: z.string(), message: z.string(), status: z.int() }) });
/** Every error body. */
export type ErrorBody = z.infer<typeof ErrorBody>;
