/** @file Images as callers send them: base64, a data URL, the id of a stored image, or an address. They are decoded, never guessed. */
import { z } from "zod";
import { JudgeError } from "../errors.ts";
import { decodeBase64 } from "./base64.ts";
import { HeldImage } from "./question.ts";

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

/** An image as the text that came in a body: base64, a data URL, or an address. Long ones are held as bytes. */
export type ImageText = string | HeldImage;

/** The schema of an image as a text. @param error what to say of anything else */
export const imageText = (error: string) =>
  z
    .custom<ImageText>((value) => value instanceof HeldImage || (typeof value === "string" && value !== ""), { error })
    .meta({ type: "string", minLength: 1 });

/** The schema of an image as a text. */
export const ImageText = imageText("expected an image as a text");

/** The schema of an image in JSON. */
export const ImageInput = z
  .union(
    [
      ImageText.describe("base64, or a data URL."),
      z.strictObject({ base64: ImageText }),
      z.strictObject({ id: z.string().min(1).max(100).describe("The id of an image that this app has made.") }),
      z.strictObject({ url: ImageText.describe("Fetched only when the operator allows its host.") }),
    ],
    { error: 'expected an image: base64, a data URL, {"base64": …}, {"id": …} or {"url": …}' },
  )
  .meta({
    id: "JudgeImage",
    description: "An image: base64, a data URL, the id of a stored image, or the address of an allowed host.",
  });

/** Reads an image of a question. @param which names it in errors, such as "images[3]" @throws JudgeError PICKAPIC_JUDGE_IMAGE */
export function askedImage(input: z.infer<typeof ImageInput>, which: string): AskedImage {
  if (typeof input === "string" || input instanceof HeldImage) return imageOfText(input, which);
  if ("base64" in input) return { bytes: imageBytes(input.base64, which) };
  if ("id" in input) return { storedId: input.id };
  return imageOfText(input.url, which);
}

const DATA_URL = /^data:(?:image\/[a-z0-9.+-]+|image|application\/octet-stream)?(?:;[a-z0-9=.-]+)*;base64,/i;

/** Reads an image that came as a text: a data URL, an address, or base64. @throws JudgeError PICKAPIC_JUDGE_IMAGE */
export function imageOfText(came: ImageText, which: string): AskedImage {
  if (typeof came === "string" && /^https?:\/\//i.test(came)) return { address: came };
  return { bytes: imageBytes(came, which) };
}

function imageBytes(came: ImageText, which: string): Uint8Array {
  // As UTF-8, in which no character beyond ASCII is taken for a digit of base64.
  if (typeof came === "string") return bytesOfText(Buffer.from(came), which);
  return came.decode((text) => bytesOfText(text, which));
}

/** The bytes of a data URL or of base64, in the memory of the text. */
function bytesOfText(text: Buffer, which: string): Uint8Array {
  const beginning = text.toString("latin1", 0, 200);
  if (!/^data:/i.test(beginning)) return bytesOfBase64(text, which);
  const [head] = DATA_URL.exec(beginning) ?? [];
  if (head !== undefined) return bytesOfBase64(text.subarray(head.length), which);
  throw new JudgeError("PICKAPIC_JUDGE_IMAGE", which, "expected a data URL of an image in base64; another kind of data URL came");
}

function bytesOfBase64(text: Buffer, which: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes) return bytes;
  throw new JudgeError("PICKAPIC_JUDGE_IMAGE", which, "expected the image as base64; the text is no base64");
}
