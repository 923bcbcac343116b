/** @file The prompt and the images that questions are about, gathered from texts and images in the order in which they came. */
import type { AskedImage } from "../images/asked.ts";
import { indicesOf, referenceOf } from "./references.ts";

/** What came, in order: texts and images. Null for what this judge does not read, such as JSON that is no prompt. */
export type Piece = { readonly text: string } | { readonly image: AskedImage } | null;

/** What the questions are about. */
export interface Evidence {
  /** Null when there is no text, or more than one, that could be the prompt: then nothing is answered. */
  readonly prompt: string | null;
  readonly images: readonly AskedImage[];
}

/**
 * Gathers prompt and images. A text such as "Image 1:" right before an image labels it; labels must count the images in order. Exactly one other
 * text must be there, the prompt, with or without "Prompt:" before it.
 */
export function evidenceOf(pieces: readonly Piece[]): Evidence {
  const images = pieces.flatMap((piece) => (piece && "image" in piece ? [piece.image] : []));
  const labels = pieces.flatMap((piece, i) => {
    const next = pieces[i + 1];
    const isLabel = piece && "text" in piece && next && "image" in next;
    const reference = isLabel ? referenceOf(piece.text) : null;
    return reference ? [{ at: i, reference }] : [];
  });
  const inOrder = indicesOf(
    labels.map(({ reference }) => reference),
    images.length,
  );
  const labelled = new Set(labels.map(({ at }) => at));
  const texts = pieces.flatMap((piece, i) =>
    piece && "text" in piece && !labelled.has(i) && piece.text.trim() !== "" ? [piece.text] : [],
  );
  const isClear =
    !pieces.includes(null) &&
    texts.length === 1 &&
    (labels.length === 0 || (labels.length === images.length && inOrder?.every((index, i) => index === i) === true));
  return { prompt: isClear ? promptIn(texts[0] ?? "") : null, images };
}

function promptIn(text: string): string | null {
  const bare = text.trim().replace(/^(?:prompt|caption|text prompt|description)\s*:\s*/i, "");
  const prompt = bare
    .replace(/^"([^"]*)"$/, "$1")
    .replace(/^“([^”]*)”$/, "$1")
    .trim();
  return prompt === "" ? null : prompt;
}

/** Returns the prompt that structured data such as {"prompt": "a cat"} holds; null when it holds anything else. */
export function pieceOfData(data: unknown): Piece {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return null;
  const [entry, another] = Object.entries(data);
  if (!entry || another || !["prompt", "caption"].includes(entry[0]) || typeof entry[1] !== "string") return null;
  return { text: `Prompt: ${entry[1]}` };
}
