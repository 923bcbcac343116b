/** @file Gets the bytes of the images of a question: as they came, from the store, or from a host that the operator allows. */
import { messageOf } from "@pickapic/errors";
import type { PromptedImage } from "@pickapic/pickscore/scoring";
import { JudgeError } from "../errors.ts";
import type { AskedImage, AskedPair } from "./asked.ts";

/** The sources of images that a question only refers to. */
export interface ImageAccess {
  /** Hosts from which images may be fetched, such as "images.example.org"; by default none. */
  readonly allowedHosts?: readonly string[];
  /** Gives the bytes of a stored image, or null for an unknown id. Absent where no images are stored. */
  readonly stored?: (id: string) => Promise<Uint8Array | null>;
  /** Sends a request; by default the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** Largest image that is fetched, bytes. */
const MOST_BYTES = 20 * 1024 * 1024;
/** Time for one image to arrive, ms. */
const FETCH_TIMEOUT_MS = 10_000;

/** The images with their bytes. An image that is asked for twice is fetched once. @throws JudgeError PICKAPIC_JUDGE_IMAGE, PICKAPIC_JUDGE_ADDRESS, PICKAPIC_JUDGE_FETCH */
export async function promptedImages(pairs: readonly AskedPair[], access: ImageAccess): Promise<PromptedImage[]> {
  const known = new Map<string, Promise<Uint8Array>>();
  const once = (key: string, get: () => Promise<Uint8Array>) => {
    const bytes = known.get(key) ?? get();
    known.set(key, bytes);
    return bytes;
  };
  const bytesOf = (image: AskedImage, which: string): Uint8Array | Promise<Uint8Array> => {
    if ("bytes" in image) return image.bytes;
    if ("storedId" in image) return once(`id ${image.storedId}`, () => storedImage(image.storedId, which, access));
    return once(`url ${image.address}`, () => fetchedImage(image.address, which, access));
  };
  // Addresses are checked before the first image is fetched.
  for (const [i, { image }] of pairs.entries()) if ("address" in image) allowedUrl(image.address, nameOf(i), access);
  return Promise.all(pairs.map(async ({ prompt, image }, i) => ({ prompt, image: await bytesOf(image, nameOf(i)) })));
}

const nameOf = (index: number): string => `Image ${index + 1} of the question`;

async function storedImage(id: string, which: string, { stored }: ImageAccess): Promise<Uint8Array> {
  if (!stored)
    throw new JudgeError("PICKAPIC_JUDGE_IMAGE", which, "this judge stores no images: send the image itself as base64");
  const bytes = await stored(id);
  if (bytes) return bytes;
  throw new JudgeError("PICKAPIC_JUDGE_IMAGE", which, `there is no image with the id ${id.slice(0, 100)}`);
}

function allowedUrl(address: string, which: string, { allowedHosts = [] }: ImageAccess): URL {
  const url = URL.parse(address);
  if (url && allowedHosts.includes(url.host)) return url;
  throw new JudgeError("PICKAPIC_JUDGE_ADDRESS", which, url?.host ?? address.slice(0, 100));
}

/** Fetches an image of an allowed host. Redirects are refused, because they may lead to another host. */
async function fetchedImage(address: string, which: string, access: ImageAccess): Promise<Uint8Array> {
  const url = allowedUrl(address, which, access);
  const failed = (reason: string) => new JudgeError("PICKAPIC_JUDGE_FETCH", which, url.host, reason);
  const ask = access.fetch ?? fetch;
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  const reply = await ask(url, { redirect: "manual", signal }).catch((error: unknown) => {
    throw failed(signal.aborted ? `nothing came within ${FETCH_TIMEOUT_MS / 1000} s` : messageOf(error)).because(error);
  });
  if (reply.status !== 200 || !reply.body) {
    await reply.body?.cancel();
    throw failed(`it answered with status ${reply.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of reply.body) {
      length += chunk.length;
      if (length > MOST_BYTES) throw failed(`it is larger than ${MOST_BYTES / 1024 / 1024} MiB`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof JudgeError ? error : failed(messageOf(error)).because(error);
  }
  return Buffer.concat(chunks);
}
