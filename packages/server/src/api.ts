/** @file The HTTP contract: the schema and the type of every body of a request or a reply. It imports nothing but zod, so that pages can use it. */
import { z } from "zod";

/** The longest prompt, in characters (code points): the same number as in @pickapic/generation, which this file must not import. */
export const PROMPT_MAX_CHARACTERS = 1_000;

/** Matches text that PostgreSQL can store: without the character 0 and without unpaired surrogates. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the character 0 is what it refuses
const STORABLE = /^[^\u0000\ud800-\udfff]*$/u;

/** Returns the schema of a text of at most `max` characters. Characters are code points, as in JSON Schema; zod's own `max` counts UTF-16 units. */
export function textUpTo(max: number) {
  return (
    z
      .string()
      .regex(STORABLE, { error: "Not storable: expected text without the character 0 and without halves of characters" })
      .refine((text) => [...text].length <= max, { error: `Too long: expected at most ${max} characters` })
      // The pattern does not mention unpaired surrogates: UTF-8 can contain them only as escapes, and not all programs accept them in patterns.
      .meta({ maxLength: max, pattern: "^[^\\u0000]*$" })
  );
}

/** Returns the schema of a record of at most `max` entries, whose names consist of letters, digits and underscores. */
function recordUpTo<T extends z.ZodType>(max: number, value: T) {
  return z
    .record(z.string().regex(/^[A-Za-z0-9_]{1,40}$/), value)
    .refine((record) => Object.keys(record).length <= max, { error: `Too big: expected at most ${max} entries` })
    .meta({ maxProperties: max });
}

/**
 * Default of the setting `fastestAnswerMs`: an answer that comes sooner after both images were painted was given without looking. Below
 * 313 ms people choose between two pictures no better than by chance (Milosavljevic, Koch, Rangel 2011).
 */
export const FASTEST_ANSWER_MS = 300;

/** Checks the choice in the body of POST /api/comparisons/:id/answer. */
export const Choice = z
  .enum(["left", "right", "tie"])
  .meta({ id: "Choice", description: "What a person says about the two images that they see." });
/** What a person says about the two images on screen. */
export type Choice = z.infer<typeof Choice>;

/** Checks an image of a comparison that has no answer yet; it may name no model. */
export const ShownImage = z
  .object({
    url: z.string().describe("/api/images/<random id>: says nothing about the generator."),
    width: z.int().positive(),
    height: z.int().positive(),
  })
  .meta({ id: "ShownImage", description: "An image as shown before the answer." });
/** An image as shown before the answer. */
export type ShownImage = z.infer<typeof ShownImage>;

/** Checks the comparison of a round. */
export const Comparison = z
  .object({ id: z.uuid(), left: ShownImage, right: ShownImage })
  .meta({ id: "Comparison", description: "Two images beside each other, waiting for one answer." });
/** Two images side by side that wait for one answer. */
export type Comparison = z.infer<typeof Comparison>;

/** Checks how far the images of the next comparison are. */
export const RoundProgress = z
  .object({
    done: z.int().nonnegative().describe("Images that are there."),
    total: z.int().positive().describe("Images that the next comparison needs."),
    fraction: z.number().min(0).max(1).describe("0...1, over all the images that are needed."),
    etaMs: z
      .number()
      .nonnegative()
      .nullable()
      .describe("Estimated time until the comparison is there, in ms; null when nothing was measured yet."),
    queuePosition: z.int().nonnegative().describe("How many images of others are ahead in the queue."),
  })
  .meta({ id: "RoundProgress", description: "How far the images of the next comparison are." });
/** How far the images of the next comparison are. */
export type RoundProgress = z.infer<typeof RoundProgress>;

/** Checks why a round does not go on. */
export const Problem = z
  .object({ code: z.string(), message: z.string() })
  .meta({ id: "Problem", description: "Why a round stands still; the message is for the person." });
/** Why a round does not go on. The message is meant for the person. */
export type Problem = z.infer<typeof Problem>;

/** Checks a round, which every route below /api/rounds replies with. */
export const Round = z
  .object({
    id: z.uuid(),
    prompt: z.string(),
    negativePrompt: z.string(),
    state: z
      .enum(["generating", "ready", "failed"])
      .describe('"failed": generation gave up after its retries; `problem` says why and POST /api/rounds/:id/retry tries again.'),
    comparison: Comparison.nullable(),
    problem: Problem.nullable(),
    progress: RoundProgress,
    answers: z.int().nonnegative().describe("Answers that count, given in this round so far."),
    lastRanking: z
      .int()
      .positive()
      .nullable()
      .describe("The last answer that was not taken back, which DELETE /api/rankings/:id takes back; null: none yet."),
    upcoming: z
      .array(ShownImage)
      .describe("Images that are prepared for later pairs, the next one first: a page may load them before they are wanted."),
    warnings: z
      .array(z.string())
      .describe(
        "What the generators did not follow in this round (a negative prompt, unknown words), one sentence each, to show beside the pictures. A sentence that names a model is left out: the answer is blind. Empty while no comparison is open.",
      ),
  })
  .meta({ id: "Round", description: "A prompt and the comparisons that follow from it." });
/** A prompt and its comparisons. */
export type Round = z.infer<typeof Round>;

/**
 * The negativePrompt of a round whose person wrote none: the same text as in @pickapic/generation, which this file must not
 * import. Pages show a negative prompt only when it differs.
 */
export const DEFAULT_NEGATIVE_PROMPT = "white border, wall view, ugly, deformed, noisy, blurry, distorted, grainy";

/** Checks the body of POST /api/rounds. */
export const NewRound = z.object({
  prompt: z
    .string()
    .describe(
      "What the picture should show, up to 1,000 characters. The first part in [square brackets] says what it should not show. Marks in angle brackets, which some image generators read as commands, are refused.",
    ),
});
/** A prompt for which images are generated. */
export type NewRound = z.infer<typeof NewRound>;

/** A parameter of a simulated person. The bounds keep the largest description below the size limit of a request. */
const Parameter = z.union([
  z.number().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER),
  z.boolean(),
  z.null(),
  textUpTo(40),
]);

/** Checks the body of an answer to a comparison. */
export const Answer = z
  .object({
    choice: Choice,
    elapsedMs: z
      .int()
      .min(0)
      .describe(
        "From both images on screen to the choice, in ms. The time since the server handed the comparison out is taken when that is shorter. An answer that is faster than `fastestAnswerMs` of /api/me is kept, and counts in nothing.",
      ),
    simulated: recordUpTo(20, z.union([Parameter, recordUpTo(12, Parameter)]))
      .optional()
      .describe(
        "Parameters and seed of a simulated person, published with the answer. Accepted only with the operator's bearer token; an answer without it counts as a person's.",
      ),
  })
  .meta({
    id: "Answer",
    description: "What a person says about a comparison.",
    examples: [{ choice: "left", elapsedMs: 2400 }],
  });
/** What a person says about a comparison. */
export type Answer = z.infer<typeof Answer>;

/** Checks the reply to an answer. */
export const AnswerReply = z
  .object({ ranking: z.int().positive(), karma: z.int(), round: Round })
  .meta({ id: "AnswerReply", description: "Sent after the answer is committed, never before." });
/** Sent after the answer is committed, never before. */
export type AnswerReply = z.infer<typeof AnswerReply>;

/** Checks the person of GET /api/me. */
export const User = z
  .object({
    id: z.string(),
    name: z.string(),
    guest: z.boolean(),
    karma: z.int().describe("One for each answer that counts."),
    consentVersion: z.string().nullable().describe("The consent text that the user agreed to; null: none yet."),
  })
  .meta({ id: "User", description: "A person who is signed in." });
/** A person who is signed in. */
export type User = z.infer<typeof User>;

/** Checks the reply of GET /api/me. */
export const Me = z
  .object({
    user: User.nullable(),
    consent: z.object({ version: z.string(), text: z.string() }).describe("The text to agree to, in Markdown."),
    signIn: z.object({
      guests: z.boolean(),
      providers: z
        .array(z.string())
        .describe('better-auth provider ids: "google", "discord", or the name of the configured OpenID provider.'),
    }),
    simulatedWorld: z.boolean().describe("True when pictures come from a simulated backend: the pages say so."),
    fastestAnswerMs: z
      .int()
      .nonnegative()
      .describe("An answer that is given sooner after its images were painted is kept, and counts in nothing, ms."),
    prompts: z
      .array(z.string())
      .optional()
      .describe(
        "Where all pictures were made earlier: some of the prompts that have pictures, drawn anew each time. Absent: any prompt may be written.",
      ),
  })
  .meta({ id: "Me", description: "Who is asking, and what this site offers." });
/** Who is asking, and what this site offers. */
export type Me = z.infer<typeof Me>;

/** Checks the body of POST /api/consent. */
export const ConsentGiven = z
  .object({ version: textUpTo(100).describe("`consent.version` of GET /api/me") })
  .meta({ id: "ConsentGiven", description: "Agreement to the consent text of one version." });
/** Agreement to one version of the consent text. */
export type ConsentGiven = z.infer<typeof ConsentGiven>;

/** Checks an image of the history. */
export const RevealedImage = z
  .object({
    url: z.string(),
    model: z.string().nullable(),
    guidanceScale: z.number().nullable(),
    seed: z.int().nullable(),
  })
  .meta({
    id: "RevealedImage",
    description:
      "An image after the answer. Its generator is named once its round is finished (POST /api/rounds/:id/finish), all of it at once; until then these are null. A setting that the generator does not have stays null.",
  });
/**
 * An image after the answer. The generators of a round are named all at once, when it is finished (POST /api/rounds/:id/finish);
 * until then these fields are null.
 */
export type RevealedImage = z.infer<typeof RevealedImage>;

/** Checks one answer of the history. */
export const HistoryItem = z
  .object({
    ranking: z.int().positive(),
    round: z.uuid().describe("The round that the answer was given in: /?round=<id> goes on with it."),
    prompt: z.string(),
    createdAt: z.iso.datetime().describe("ISO 8601, UTC."),
    choice: Choice,
    tooFast: z.boolean().describe("Given faster than a person can see: it counts in nothing."),
    left: RevealedImage,
    right: RevealedImage,
  })
  .meta({ id: "HistoryItem", description: "One answer of one's own." });
/** One answer of a person, for that person. */
export type HistoryItem = z.infer<typeof HistoryItem>;

/** Checks the reply of GET /api/history. */
export const History = z
  .object({
    items: z.array(HistoryItem),
    next: z.string().nullable().describe("Pass as ?before= for the next page; null: this is the last one."),
  })
  .meta({ id: "History", description: "A page of one's own answers, newest first." });
/** A page of a person's own answers, newest first. */
export type History = z.infer<typeof History>;

/** Checks the reason of a report. */
export const ReportReason = z.enum(["offensive", "person", "broken", "other"]).meta({
  id: "ReportReason",
  description:
    "Why an image is reported: it offends or harms; it shows or resembles a real person; it is no proper picture; something else.",
});
/** Why an image is reported: it offends or harms; it shows or resembles a real person; it is no proper picture; something else. */
export type ReportReason = z.infer<typeof ReportReason>;

/** The longest note beside a report, in characters. */
export const REPORT_NOTE_MAX_CHARACTERS = 1_000;

/** Checks the body of a report of an image, and trims its note. */
export const NewReport = z
  .object({
    reason: ReportReason,
    note: textUpTo(REPORT_NOTE_MAX_CHARACTERS)
      .transform((note) => note.trim())
      .default("")
      .describe("In the person's own words; only the operator reads it."),
  })
  .meta({ id: "NewReport", description: "What a person says about an image that should not be shown." });
/** What a person says about an image that should not be shown. */
export type NewReport = z.input<typeof NewReport>;

/** Checks one report in the list of reports. */
export const ReportedImage = z
  .object({
    report: z.int().positive(),
    url: z.string().describe("/api/images/<id>"),
    prompt: z.string(),
    model: z.string(),
    reason: ReportReason,
    note: z.string(),
    createdAt: z.iso.datetime().describe("ISO 8601, UTC."),
  })
  .meta({ id: "ReportedImage", description: "One report of an image." });
/** One report of an image. */
export type ReportedImage = z.infer<typeof ReportedImage>;

/** Checks the reply of GET /api/admin/reports. */
export const Reports = z
  .object({
    reports: z.array(ReportedImage).describe("Newest first."),
    next: z.string().nullable().describe("Pass as ?before= for the next page; null: this is the last one."),
  })
  .meta({ id: "Reports", description: "What people reported, for the operator." });
/** What people reported, for the operator. */
export type Reports = z.infer<typeof Reports>;

/** Checks the row of one model on the leaderboard. */
export const LeaderboardRow = z
  .object({
    model: z.string(),
    rating: z.number().describe("Bradley-Terry strength on the Elo scale."),
    low: z
      .number()
      .nullable()
      .describe("95 % interval of the rating, clustered by person and by prompt; null where it cannot be had."),
    high: z.number().nullable(),
    rankRange: z
      .object({ low: z.int().positive(), high: z.int().positive() })
      .describe("Ranks that the answers leave open, 1 for the strongest."),
    games: z.int().nonnegative(),
    winRate: z.number().nullable().describe("0...1, ties count one half; null with fewer than 30 games."),
    reason: z.string().nullable().describe("Why interval or win rate is null; null when both are there."),
  })
  .meta({ id: "LeaderboardRow", description: "How strong people find one model." });
/** How strong people find one model. */
export type LeaderboardRow = z.infer<typeof LeaderboardRow>;

/** Checks the reply of GET /api/leaderboard. */
export const Leaderboard = z
  .object({
    models: z.array(LeaderboardRow).describe("Strongest first."),
    reason: z.string().nullable().describe("Why there are no models, in a sentence; null when there are some."),
    remarks: z
      .array(z.string())
      .describe(
        "What a reader must know beside the figures, in whole sentences: people or prompts are few, all answers are ties.",
      ),
    rankings: z
      .int()
      .nonnegative()
      .describe("Answers that the ratings come from (two images of one model say nothing and are left out)."),
    simulated: z.int().nonnegative().describe("How many of them simulated people gave."),
    updatedAt: z.iso.datetime().describe("ISO 8601, UTC."),
    method: z.string().describe("How the figures were made, in one sentence to print beside them."),
  })
  .meta({ id: "Leaderboard", description: "Which model people prefer." });
/** Which models people prefer. */
export type Leaderboard = z.infer<typeof Leaderboard>;

/** Checks the reply of GET /api/statistics. */
export const Statistics = z
  .object({
    rankings: z.int().nonnegative(),
    simulated: z.int().nonnegative().describe("How many of them simulated people gave."),
    ties: z.int().nonnegative(),
    tieShare: z.number().nullable().describe("0...1; null with fewer than 30 rankings."),
    prompts: z.int().nonnegative(),
    users: z.int().nonnegative(),
    images: z.int().nonnegative(),
    answersPerDay: z
      .array(z.object({ day: z.iso.date(), rankings: z.int() }))
      .describe("Oldest first; days are those of UTC; days without answers are left out."),
    medianAnswerMs: z.number().nullable(),
    guidance: z
      .array(
        z.object({
          bin: z.string(),
          winRate: z.number().nullable().describe("0...1, ties count one half; null with fewer than 30 games."),
          games: z.int(),
        }),
      )
      .describe('By guidance scale: bin "3-4" holds [3, 4), the last one [11, 12].'),
    topWords: z
      .array(z.object({ word: z.string(), prompts: z.int() }))
      .describe("The words that most prompts hold, most frequent first."),
  })
  .meta({
    id: "Statistics",
    description:
      "How much was collected, and what it looks like. Answers that were taken back and those of people who withdrew their consent do not count.",
  });
/** How much was collected, and what it looks like. */
export type Statistics = z.infer<typeof Statistics>;

/** Checks the reply of GET /api/health. */
export const Health = z
  .object({ status: z.literal("ok"), version: z.string(), uptimeSeconds: z.number() })
  .meta({ id: "Health", description: "The process is alive." });
/** The reply of a process that is alive. */
export type Health = z.infer<typeof Health>;

/** Checks one entry of the reply of GET /api/ready. */
export const ReadyCheck = z
  .object({
    name: z.enum(["database", "worker", "queue", "models", "disk", "files"]),
    ok: z.boolean(),
    found: z.string().describe("What was found, in words: when it failed, why."),
  })
  .meta({ id: "ReadyCheck", description: "One thing that the server needs for its work." });
/** The check of one thing that the server needs. */
export type ReadyCheck = z.infer<typeof ReadyCheck>;

/** Checks the reply of GET /api/ready. */
export const Ready = z
  .object({ ready: z.boolean(), checks: z.array(ReadyCheck) })
  .meta({ id: "Ready", description: "Whether the server can do its work now; ready when every check is ok." });
/** Whether the server can do its work now. It is ready if every check is ok. */
export type Ready = z.infer<typeof Ready>;

const RankedPick = z
  .object({
    base: z.string().describe("The model that made the images."),
    n: z.int().describe("Images that were to be made."),
    scored: z.int().describe("Images that were made and scored: fewer than n where some failed, or where patience ended it."),
    failed: z.int().describe("Images that could not be made or scored."),
    scorer: z.string().describe("The scorer, as it was named."),
    identity: z.string().describe("What must be equal for its scores to be equal."),
    score: z.number().describe("That of the picked image."),
    seed: z.int().nullable().describe("That of the picked image; null where the backend takes and tells none."),
    template: z.string().describe("Name of the prompt template of the picked image; `bare` for the prompt as it is."),
  })
  .meta({
    id: "RankedPick",
    description: "How the image of a ranked entry was picked; null for one that was not picked from several.",
  });
/** How the image of a ranked entry was picked from several. */
export type RankedPick = z.infer<typeof RankedPick>;

/** Checks the reply of GET /api/admin/images/:id. */
export const AdminImage = z
  .object({
    request: z
      .object({
        prompt: z.string(),
        negativePrompt: z.string().nullable(),
        model: z.string(),
        seed: z.int().nullable(),
        guidanceScale: z.number().nullable(),
        steps: z.int().nullable(),
        width: z.int().nullable(),
        height: z.int().nullable(),
      })
      .describe(
        "What the image was generated from, as the generation package spells it; null where the backend has no such setting.",
      ),
    backend: z.string(),
    scheduler: z.string().nullable(),
    ranked: RankedPick.nullable(),
  })
  .meta({ id: "AdminImage", description: "The eyes of `pickapic simulate`: only with the operator's token." });
/** How an image was made, for `pickapic simulate`; only with the operator's token. */
export type AdminImage = z.infer<typeof AdminImage>;

/** The least and the most images of which the best-of-n page finds the best, and how many it suggests. */
export const BEST_OF_IMAGES = { least: 4, most: 32, usual: 12 } as const;

/** Checks the body of POST /api/best-of. */
export const NewBestOf = z
  .object({
    prompt: NewRound.shape.prompt,
    n: z.int().min(BEST_OF_IMAGES.least).max(BEST_OF_IMAGES.most).describe("Images to make."),
    model: z.string().max(200).optional().describe("One of `models` of GET /api/best-of; without it the first of them."),
  })
  .meta({
    id: "NewBestOf",
    description: "A prompt of which the best of n images is wanted.",
    examples: [{ prompt: "a red cat on a blue sofa", n: 8 }],
  });
/** A prompt of which the best of n images is wanted. */
export type NewBestOf = z.infer<typeof NewBestOf>;

const ScoredPicture = ShownImage.extend({
  score: z.number().describe("Larger is better; comparable with the other images of this prompt only."),
  prompt: z.string().describe("The words that the model got; a template may have added some."),
  seed: z.int().nullable(),
  guidanceScale: z.number().nullable(),
  steps: z.int().nullable(),
}).meta({
  id: "ScoredPicture",
  description: "An image with its score and its settings; null where the model has no such setting.",
});
/** An image of the best-of-n page, with its score and its settings. */
export type ScoredPicture = z.infer<typeof ScoredPicture>;

/** Checks what has come of a prompt on the best-of-n page. */
export const BestOf = z
  .object({
    id: z.uuid(),
    prompt: z.string(),
    negativePrompt: z.string(),
    model: z.string(),
    n: z.int().positive().describe("Images that were ordered."),
    state: z
      .enum(["waiting", "running", "done", "stopped", "failed"])
      .describe('"waiting": no image is being made yet, because people who judge come first; "failed": no image could be made.'),
    images: z.array(ScoredPicture).describe("Those that are there, best first."),
    failed: z.int().nonnegative().describe("Images that could not be made or scored."),
    fraction: z.number().min(0).max(1).describe("0...1, over all images."),
  })
  .meta({ id: "BestOf", description: "The best of n images of a prompt, as far as they are made." });
/** The best of n images of a prompt, as far as they are made. */
export type BestOf = z.infer<typeof BestOf>;

/** Checks the reply of GET /api/best-of. */
export const BestOfOffer = z
  .object({
    scorer: z.string().nullable().describe("What ranks the images; null: this server has no scorer."),
    models: z
      .array(z.object({ name: z.string(), title: z.string() }))
      .describe("The models to choose from; empty where all pictures were made earlier."),
    latest: BestOf.nullable().describe("The person's last one, for a day."),
  })
  .meta({ id: "BestOfOffer", description: "What the best-of-n page offers." });
/** What the best-of-n page offers. */
export type BestOfOffer = z.infer<typeof BestOfOffer>;

/** Checks the body of every reply with a status of 400 or above. */
export const ErrorBody = z
  .object({
    error: z.object({
      code: z.string().describe("Stable: programs compare it. docs/errors.md lists all."),
      message: z.string().describe("A sentence for the person: what was expected, what came, what to do."),
      status: z.int().min(400).max(599).describe("The same as the status of the reply."),
    }),
  })
  .meta({ id: "ErrorBody", description: "The body of every error." });
/** The body of every error. */
export type ErrorBody = z.infer<typeof ErrorBody>;
