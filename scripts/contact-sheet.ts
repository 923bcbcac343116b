/** @file Draws docs/contact-sheet.webp: 64 pictures of the toy world. Run: npx node scripts/contact-sheet.ts [file] */

import { drawRequest, type GenerationRequest, parsePrompt } from "@pickapic/generation";
import { renderPixels, sampleCaption, toyBackend } from "@pickapic/toyworld";
import sharp from "sharp";

const COLUMNS = 8;
const ROWS = 8;
/** px of one picture, and of the gap between two */
const SIDE = 180;
const GAP = 6;

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

async function contactSheet(requests: readonly GenerationRequest[]): Promise<Buffer> {
  const tiles = await Promise.all(requests.map(renderPixels));
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

const random = seeded(Number(process.argv[3] ?? 1));
const requests = Array.from({ length: COLUMNS * ROWS }, () => ({
  ...drawRequest(parsePrompt(sampleCaption(random)), [toyBackend()], random),
  width: SIDE,
  height: SIDE,
}));
const file = process.argv[2] ?? "docs/contact-sheet.webp";
const bytes = await contactSheet(requests);
await sharp(bytes).webp({ quality: 80 }).toFile(file);
process.stderr.write(`${file}: ${requests.length} pictures, ${Math.round(bytes.length / 1000)} kB\n`);
