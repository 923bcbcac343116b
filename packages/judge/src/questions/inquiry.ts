/** @file Questions in words, ready to be judged: which images are scored, and which questions are refused. */
import { itemAt } from "@pickapic/errors";
import type { ImageScore } from "@pickapic/pickscore/scoring";
import type { JudgedImages } from "../core/judged.ts";
import { JudgeError } from "../errors.ts";
import { type AskedImage, type AskedPair, LONGEST_PROMPT, MOST_IMAGES } from "../images/asked.ts";
import { answerOf, type JudgeAnswer } from "./answer.ts";
import type { Evidence } from "./evidence.ts";
import type { Meaning } from "./meaning.ts";

/** A question with what it is about. It is refused when it has no prompt, no image or no meaning. */
export interface Inquiry extends Evidence {
  readonly meaning: Meaning | null;
}

/** A question that can be judged. */
interface Judgeable {
  readonly prompt: string;
  readonly images: readonly AskedImage[];
  readonly meaning: Meaning;
}

function judgeable({ prompt, images, meaning }: Inquiry): Judgeable | null {
  return prompt === null || prompt.length > LONGEST_PROMPT || images.length === 0 || meaning === null
    ? null
    : { prompt, images, meaning };
}

/**
 * The images to score: each image of a question that can be judged once under its prompt, however many questions are about it.
 * @throws JudgeError PICKAPIC_JUDGE_TOO_MANY
 */
export function pairsOf(inquiries: readonly Inquiry[]): AskedPair[] {
  const pairs = [...groupsOf(inquiries).values()].flatMap(({ prompt, images }) => images.map((image) => ({ prompt, image })));
  if (pairs.length > MOST_IMAGES) throw new JudgeError("PICKAPIC_JUDGE_TOO_MANY", "images", MOST_IMAGES, pairs.length);
  return pairs;
}

/** The answers, in the order of the questions; null: refused. @throws JudgeError PICKAPIC_JUDGE_IMAGE when an image cannot be read */
export function answersOf(
  inquiries: readonly Inquiry[],
  { results, facts }: Pick<JudgedImages, "results" | "facts">,
): (JudgeAnswer | null)[] {
  const scores = new Map<string, number[]>();
  let start = 0;
  for (const [key, { images }] of groupsOf(inquiries)) {
    scores.set(key, results.slice(start, start + images.length).map(scoreOf));
    start += images.length;
  }
  return inquiries.map((inquiry) => {
    const question = judgeable(inquiry);
    const own = question && scores.get(keyOf(question));
    return own ? answerOf(question.meaning, own, facts.calibration) : null;
  });
}

/** Questions with the same prompt and the same images share their scores. */
function groupsOf(inquiries: readonly Inquiry[]): Map<string, Judgeable> {
  const groups = new Map<string, Judgeable>();
  for (const inquiry of inquiries) {
    const question = judgeable(inquiry);
    if (question && !groups.has(keyOf(question))) groups.set(keyOf(question), question);
  }
  return groups;
}

const numbers = new WeakMap<AskedImage, number>();
let lastNumber = 0;

/** The prompt and the identity of the image objects, which questions about the same input share. */
function keyOf({ prompt, images }: Judgeable): string {
  const ids = images.map((image) => {
    const number = numbers.get(image) ?? ++lastNumber;
    numbers.set(image, number);
    return number;
  });
  return `${ids.join(",")} ${prompt}`;
}

function scoreOf(result: ImageScore, i: number): number {
  if ("score" in result) return result.score;
  throw new JudgeError(
    "PICKAPIC_JUDGE_IMAGE",
    `Image ${i + 1} of the question`,
    itemAt(/^(?:picture: )?(.*?)\.?$/s.exec(result.message) ?? ["", ""], 1),
  );
}
