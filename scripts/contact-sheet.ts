/** @file Draws docs/contact-sheet.webp: 64 pictures of the toy world. Run: npx node scripts/contact-sheet.ts [file] [seed] */

import { rename, writeFile } from "node:fs/promises";
import { seededRandom } from "@pickapic/chance";
import { drawRequest, type GenerationRequest, parsePrompt } from "@pickapic/generation";
import { renderPixels, sampleCaption, toyBackend } from "@pickapic/toyworld";
import sharp from "sharp";

const COLUMNS = 8;
const ROWS = 8;
/** Side of a picture, and gap between two pictures, in px. */
const SIDE = 180;
const GAP = 6;

async function contactSheet(requests: readonly GenerationRequest[]): Promise<Buffer> {
  const tiles = await Promise.all(requests.map((request) => renderPixels(request)));
  const composite = tiles.map(({ data, width, height }, i) => ({
    input: Buffer.from(data),
    raw: { width, height, channels: 3 as const },
    left: GAP + (i % COLUMNS) * (SIDE + GAP),
    top: GAP + Math.floor(i / COLUMNS) * (SIDE + GAP),
  }));
  const [width, height] = [COLUMNS, ROWS].map((n) => GAP + n * (SIDE + GAP)) as [number, number];
  const sheet = sharp({ create: { width, height, channels: 3, background: "#ffffff" } }).composite(composite);
  return sheet.webp({ quality: 80, effort: 5 }).toBuffer();
}

const random = seededRandom(Number(process.argv[3] ?? 7));
const requests = Array.from({ length: COLUMNS * ROWS }, () => ({
  ...drawRequest(parsePrompt(sampleCaption(random)), [toyBackend()], random),
  width: SIDE,
  height: SIDE,
}));
const file = process.argv[2] ?? "docs/contact-sheet.webp";
const bytes = await contactSheet(requests);
await writeFile(`${file}.new`, bytes);
await rename(`${file}.new`, file);
process.stderr.write(`${file}: ${requests.length} pictures, ${Math.round(bytes.length / 1000)} kB\n`);
