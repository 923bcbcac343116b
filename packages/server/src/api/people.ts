/** @file People: who is signed in, what they agreed to, and their own answers. */
import { z } from "zod";
import { Choice } from "./rounds.ts";
import { textUpTo } from "./text.ts";

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
