/** @file Renders a request to pixels and to an encoded image. */

import type { GeneratedImage, GenerationRequest } from "@pickapic/generation";
import { completeRequest, GENERATION_DEFAULT_NEGATIVE_PROMPT, RAW_PIXELS } from "@pickapic/generation";
import sharp from "sharp";
import { type Depiction, describeImage } from "../depiction.ts";
import { drawSvg } from "../drawing.ts";
import { GENERATORS } from "../generators.ts";
import { unreadSentences } from "../unread.ts";
import { LARGEST_SIDE } from "./canvas.ts";
import { BLUR, finish, type MemoryOf, type Pixels } from "./pixels.ts";

/** px. Larger requests are rendered smaller, with a warning. */
const SIZES = { smallest: 16, largest: LARGEST_SIDE };

/**
 * Returns the pixels that `renderImage` encodes. The same request gives the same bytes.
 * @param memoryOf where the bytes are written. By default the memory is new
 */
export function renderPixels(request: GenerationRequest, memoryOf?: MemoryOf): Promise<Pixels> {
  return drawn(describeImage(request), sizeOf(completeRequest(request)), memoryOf);
}

/** Returns what a depiction shows as a square JPEG. @param side px, 16...1024 */
export async function renderDepiction(depiction: Depiction, side: number): Promise<Uint8Array> {
  return jpegOf(await drawn(depiction, sizeOf({ width: side, height: side })));
}

async function drawn(depiction: Depiction, { width, height }: Size, memoryOf?: MemoryOf): Promise<Pixels> {
  const svg = drawSvg(depiction, width, height);
  // Rendered with its alpha channel: `finish` drops it in a tenth of the time that libvips would take.
  const data = await sharp(Buffer.from(svg)).raw().toBuffer();
  return finish({ width, height, data }, depiction, { sigma: BLUR * depiction.blur * Math.max(width, height), memoryOf });
}

/** Returns the image of a request as a JPEG of high quality. */
export async function renderImage(request: GenerationRequest): Promise<GeneratedImage> {
  return encode(request, await renderPixels(request));
}

/** Returns rendered pixels as they are, with the request's warnings. */
export function rawImage(request: GenerationRequest, pixels: Pixels & Pick<GeneratedImage, "release">): GeneratedImage {
  const { width, height, data, release } = pixels;
  return { bytes: data, mediaType: RAW_PIXELS, width, height, warnings: warningsOf(request), ...(release && { release }) };
}

/** Returns rendered pixels as the JPEG of `renderImage`. */
export async function encode(request: GenerationRequest, { width, height, data }: Pixels): Promise<GeneratedImage> {
  const bytes = await jpegOf({ width, height, data });
  return { bytes, mediaType: "image/jpeg", width, height, warnings: warningsOf(request) };
}

function jpegOf({ width, height, data }: Pixels): Promise<Uint8Array> {
  const raw = sharp(data, { raw: { width, height, channels: 3 } });
  return raw.jpeg({ quality: 92, chromaSubsampling: "4:4:4", optimiseCoding: false }).toBuffer();
}

interface Size {
  width: number;
  height: number;
}

function sizeOf({ width, height }: Size): Size {
  const shrink = Math.min(1, SIZES.largest / Math.max(width, height));
  const side = (v: number) => Math.max(SIZES.smallest, Math.round(v * shrink));
  return { width: side(width), height: side(height) };
}

/** One sentence for each setting, and each kind of words, that the toy world cannot follow. */
function warningsOf(request: GenerationRequest): string[] {
  const { steps } = GENERATORS.find((generator) => generator.model.name === request.model)!.model;
  const { width, height } = sizeOf(completeRequest(request));
  const warnings: string[] = [];
  if (request.negativePrompt !== "" && request.negativePrompt !== GENERATION_DEFAULT_NEGATIVE_PROMPT)
    warnings.push("The toy world ignores negative prompts.");
  warnings.push(...unreadSentences(request.prompt));
  if (request.steps !== steps) warnings.push(`${request.model} always takes ${steps} steps; ${request.steps} was ignored.`);
  if (request.width !== width || request.height !== height)
    warnings.push(
      `The toy world draws ${SIZES.smallest} to ${SIZES.largest} px; ${request.width} x ${request.height} became ${width} x ${height}.`,
    );
  return warnings;
}
