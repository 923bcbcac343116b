/**
 * @file What a question in words asks, when it asks for people's preference, which a scorer knows. Every word must be in a closed list: one
 * that is not may change the question ("which has six fingers?"), and then the question is refused instead of answered by a guess.
 */
import { itemAt } from "@pickapic/errors";
import { indicesOf, type Reference, referenceOf, referencesIn } from "./references.ts";

/** A question that the judge can answer. Images are indices from 0. */
export type Meaning =
  /** Which of these do people prefer? One image for each choice. */
  | { readonly kind: "which"; readonly images: readonly number[] }
  /** Do people prefer `winner` to `loser`? */
  | { readonly kind: "better"; readonly winner: number; readonly loser: number }
  /** Do people prefer this one among all? */
  | { readonly kind: "best"; readonly image: number }
  /** Do people prefer this one to a random image of the votes? */
  | { readonly kind: "aboveRandom"; readonly image: number }
  /** How good is this one, on levels from worst to best? */
  | { readonly kind: "rate"; readonly image: number; readonly levels: number };

/** Words that compare by preference. */
const COMPARING = words("prefer prefers preferred preferable preference better best favourite favorite");
/** Words that ask for liking, or for the fit to the prompt, which the scorer was trained to tell; they compare only beside another word. */
const LIKING = words("like likes liked fit fits match matches");
/** Words that ask for preference when people are who chooses. */
const CHOOSING = words("choose chosen pick picked");
const PEOPLE = words("people person persons human humans user users viewer viewers");
/** Words that compare one with all others. */
const SUPERLATIVE = words("best favourite favorite");
/** Words that may stand between without changing the question. */
const FILLER = words(
  `which what of the these those this that two three four images image pictures picture photos photo is are was be do does did would will can
  should to a an choose chosen pick picked and or by for with on in from it its one ones option options people person persons human humans user users viewer viewers more
  most majority general generally overall likely probably select answer prompt prompts caption text description above below shown following provided
  generated given according as than over among all other others both between they them how well much good rate rating score level levels scale
  judge decide say please question estimate predict typical average random votes choice`,
);
/** Words that make a question about one image a comparison with others in general. */
const TYPICAL = words("typical average random other others");

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** A sentence whose words are all known. */
interface Understood {
  /** Its words; "#0" stands for the first reference. */
  readonly tokens: readonly string[];
  readonly references: readonly Reference[];
}

/** Reads a sentence; null when a word is not known. */
function understand(text: string): Understood | null {
  const { found, rest } = referencesIn(text);
  const tokens = rest.toLowerCase().match(/#\d+|[\p{L}\p{N}']+/gu) ?? [];
  const isKnown = (token: string) => token.startsWith("#") || COMPARING.has(token) || LIKING.has(token) || FILLER.has(token);
  return tokens.every(isKnown) ? { tokens, references: found } : null;
}

const has = (tokens: readonly string[], list: ReadonlySet<string>) => tokens.some((token) => list.has(token));

const compares = (tokens: readonly string[]) => has(tokens, COMPARING) || (has(tokens, CHOOSING) && has(tokens, PEOPLE));

const asksPreference = (tokens: readonly string[]) => compares(tokens) || has(tokens, LIKING);

/** Whether a text says nothing that could change a question: rules of systems and descriptions of choices must pass. */
export function isUnderstood(text: string): boolean {
  return understand(text)?.references.length === 0;
}

/** A choice in words: its value, and what is said about it. */
export interface WordedChoice {
  readonly value: string | boolean;
  readonly description?: string | null | undefined;
}

/** What a choice among values asks; the values must name images. */
export function meaningOfChoice(text: string, choices: readonly WordedChoice[], count: number): Meaning | null {
  const understood = understand(text);
  if (!understood || understood.references.length > 0 || !asksPreference(understood.tokens)) return null;
  const references = choices.map(({ value, description }) => {
    if (typeof value === "boolean") return null;
    const [named, described] = [referenceOf(value), referenceOf(description ?? "")];
    if (description && !described && !isUnderstood(description)) return null;
    return named && described && named.number !== described.number ? null : (named ?? described);
  });
  const known = references.filter((reference) => reference !== null);
  const images = known.length === choices.length ? indicesOf(known, count) : null;
  if (!images || images.length < 2 || new Set(images).size < images.length) return null;
  return { kind: "which", images };
}

/** What a statement, or a question with yes or no, asks. */
export function meaningOfPredicate(text: string, count: number): Meaning | null {
  const understood = understand(text);
  if (!understood || !asksPreference(understood.tokens)) return null;
  const { tokens, references } = understood;
  const images = indicesOf(references, count);
  if (!images) return null;
  const [first, second] = images;
  if (first === undefined)
    return count === 1 && has(tokens, TYPICAL) && tokens.includes("than") ? { kind: "aboveRandom", image: 0 } : null;
  if (images.length === 1) return meaningOfOne(tokens, first, count);
  if (images.length > 2 || second === undefined || first === second) return null;
  return comesAfterConnector(tokens, "#1") ? { kind: "better", winner: first, loser: second } : null;
}

function meaningOfOne(tokens: readonly string[], image: number, count: number): Meaning | null {
  if (has(tokens, TYPICAL) && tokens.includes("than") && count === 1) return { kind: "aboveRandom", image };
  if (count < 2) return null;
  // "Image 1 is better than ..." names what it is compared with in words that are not known well enough.
  if (!compares(tokens) || tokens.includes("than") || tokens.includes("over")) return null;
  if (has(tokens, SUPERLATIVE)) return { kind: "best", image };
  return count === 2 ? { kind: "better", winner: image, loser: 1 - image } : null;
}

/** Whether "than", "over" or "to" stands right before a reference, which is then the loser: "image 1 is better than image 2". */
function comesAfterConnector(tokens: readonly string[], reference: string): boolean {
  const before = tokens.slice(0, tokens.indexOf(reference)).filter((token) => token !== "the");
  return ["than", "over", "to"].includes(before.at(-1) ?? "");
}

/** Words for levels, from worst to best. */
const LEVELS: readonly (readonly string[])[] = [
  ["worst", "terrible", "awful", "very bad", "very poor", "very low", "lowest"],
  ["bad", "poor", "low", "weak", "below average"],
  ["fair", "ok", "okay", "average", "medium", "mediocre", "neutral", "middle", "acceptable"],
  ["good", "high", "strong", "above average"],
  ["great", "very good", "very high"],
  ["best", "excellent", "perfect", "outstanding", "highest"],
];

/** A level in words, from worst to best. */
export interface WordedLevel {
  readonly label: string;
  readonly description?: string | null | undefined;
}

/** What a rating of one image on levels asks; the labels must be ordered numbers or words whose order is known. */
export function meaningOfScore(text: string, levels: readonly WordedLevel[], count: number): Meaning | null {
  const understood = understand(text);
  if (!understood || !(asksPreference(understood.tokens) || understood.tokens.includes("good"))) return null;
  if (levels.some(({ description }) => description && !isUnderstood(description))) return null;
  const ranks = levels.map(({ label }) => rankOf(label));
  if (!ranks.every((rank, i) => rank !== null && (i === 0 || rank > (ranks[i - 1] ?? Number.POSITIVE_INFINITY)))) return null;
  const images = indicesOf(understood.references, count);
  if (!images || images.length > 1 || (images.length === 0 && count !== 1)) return null;
  return { kind: "rate", image: images.length === 1 ? itemAt(images, 0) : 0, levels: levels.length };
}

function rankOf(label: string): number | null {
  const text = label.trim().toLowerCase().replaceAll(/[_-]/g, " ");
  const [, digits] = /^(?:level |score )?(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits);
  const rank = LEVELS.findIndex((names) => names.includes(text));
  return rank < 0 ? null : rank;
}
