/** @file The leaderboard and the statistics. */
import { z } from "zod";

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
          low: z.number().nullable().describe("95 % interval of the win rate, clustered by person; null where the rate is."),
          high: z.number().nullable(),
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
