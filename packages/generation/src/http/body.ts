/** @file Reads the body of an answer, up to a limit. */

import { GenerationError } from "../errors.ts";

/**
 * Returns the body of an answer. An answer above the limit is cut off as soon as that is known: by its announced length, or after
 * so many bytes.
 * @param name of the model, for the error
 * @throws GenerationError PICKAPIC_BACKEND_TOO_LARGE, PICKAPIC_BACKEND_REPLY when it is shorter than announced
 */
export async function readLimited(response: Response, mostBytes: number, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(response.headers.get("content-length") ?? Number.NaN);
  const tooLarge = () => new GenerationError("PICKAPIC_BACKEND_TOO_LARGE", name, Math.ceil(mostBytes / 1024 / 1024));
  if (announced > mostBytes) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the body, which closes the connection.
    if (length > mostBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length);
}
