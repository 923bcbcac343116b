/** @file Images as callers send them: base64, a data URL, the id of a stored image, or an address. They are decoded, never guessed. */
import { z } from "zod";
import { JudgeError } from "../errors.ts";

/** Most images of one question. */
export const MOST_IMAGES = 1_024;
/** Longest prompt, characters. A CLIP reads 77 tokens of it. */
export const LONGEST_PROMPT = 8_000;

/** An image of a question: its bytes, or where they are. */
export type AskedImage = { readonly bytes: Uint8Array } | { readonly storedId: string } | { readonly address: string };

/** An image under its prompt. */
export interface AskedPair {
  readonly prompt: string;
  readonly image: AskedImage;
}

/** The schema of a prompt. */
export const Prompt = z.string().min(1).max(LONGEST_PROMPT).describe("What the image was made for.");

/** The schema of an image in JSON. */
export const ImageInput = z
  .union([
    z.string().min(1).describe("base64, or a data URL."),
    z.strictObject({ base64: z.string().min(1) }),
    z.strictObject({ id: z.string().min(1).max(100).describe("The id of an image that this app has made.") }),
    z.strictObject({ url: z.string().min(1).max(4_000).describe("Fetched only when the operator allows its host.") }),
  ])
  .meta({
    id: "JudgeImage",
    description: "An image: base64, a data URL, the id of a stored image, or the address of an allowed host.",
  });

/** Reads an image of a question. @param which names it in errors, such as "images[3]" @throws JudgeError PICKAPIC_JUDGE_IMAGE */
export function askedImage(input: z.infer<typeof ImageInput>, which: string): AskedImage {
  if (typeof input === "string") return imageOfText(input, which);
  if ("base64" in input) return { bytes: bytesOfBase64(input.base64, which) };
  if ("id" in input) return { storedId: input.id };
  return imageOfText(input.url, which);
}

const DATA_URL = /^data:(?:image\/[a-z0-9.+-]+|image|application\/octet-stream)?(?:;[a-z0-9=.-]+)*;base64,/i;

/** Reads an image that came as a text: a data URL, an address, or base64. @throws JudgeError PICKAPIC_JUDGE_IMAGE */
export function imageOfText(text: string, which: string): AskedImage {
  if (/^https?:\/\//i.test(text)) return { address: text };
  if (!/^data:/i.test(text)) return { bytes: bytesOfBase64(text, which) };
  const [head] = DATA_URL.exec(text.slice(0, 200)) ?? [];
  if (head === undefined)
    throw new JudgeError(
      "PICKAPIC_JUDGE_IMAGE",
      which,
      "expected a data URL of an image in base64; another kind of data URL came",
    );
  return { bytes: bytesOfBase64(text.slice(head.length), which) };
}

/** The bytes of base64. Node's decoder skips what is no base64, so that a wrong length shows a damaged text. */
function bytesOfBase64(text: string, which: string): Uint8Array {
  const compact = /\s/.test(text) ? text.replaceAll(/\s/g, "") : text;
  const digits = compact.length - (compact.endsWith("==") ? 2 : compact.endsWith("=") ? 1 : 0);
  const bytes = Buffer.from(compact, "base64");
  if (digits > 0 && digits % 4 !== 1 && bytes.length === Math.floor((digits * 3) / 4)) return bytes;
  throw new JudgeError("PICKAPIC_JUDGE_IMAGE", which, "expected the image as base64; the text is no base64");
}
