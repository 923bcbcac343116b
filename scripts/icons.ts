/** @file Draws the icons of the pages from favicon.svg, and the preview of links from the two sample pictures. Run: npx node scripts/icons.ts */
import { readFile, writeFile } from "node:fs/promises";
import sharp, { type OverlayOptions } from "sharp";

const WEB = new URL("../packages/web/", import.meta.url).pathname;
/** The background colour of the light theme, as in styles.css. */
const WALL = "#f3f5f3";
const GREEN = "#0b7a55";

/** Draws the logo with a wide margin, because operating systems cut icons to circles and rounded squares. */
async function icon(name: string, size: number): Promise<void> {
  const inner = Math.round(size * 0.66);
  const mark = await sharp(await readFile(`${WEB}public/favicon.svg`), { density: 72 * (inner / 16) })
    .resize(inner)
    .png()
    .toBuffer();
  const wall = sharp({ create: { width: size, height: size, channels: 3, background: WALL } });
  await write(
    name,
    await wall
      .composite([{ input: mark }])
      .png({ palette: true })
      .toBuffer(),
  );
}

/** Draws the image for link previews, 1200 x 630 px: the two pictures of the welcome page, the right one picked. */
async function preview(): Promise<void> {
  const side = 460;
  const sample = (name: string) => picture(`${WEB}src/account/sample-${name}.webp`, side);
  const [lost, won] = await Promise.all([sample("lost"), sample("won")]);
  const frame = `<svg width="1200" height="630"><rect x="640" y="75" width="480" height="480" rx="34" fill="${GREEN}"/></svg>`;
  const check = `<svg width="1200" height="630"><circle cx="1100" cy="90" r="46" fill="${GREEN}"/><path d="m1080 91 14 14 27-30" fill="none" stroke="#fff" stroke-width="9" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  const layers: OverlayOptions[] = [
    { input: Buffer.from(frame) },
    { input: lost, left: 90, top: 85 },
    { input: won, left: 650, top: 85 },
    { input: Buffer.from(check) },
  ];
  const wall = sharp({ create: { width: 1200, height: 630, channels: 3, background: WALL } });
  await write("preview.jpg", await wall.composite(layers).jpeg({ quality: 82, mozjpeg: true }).toBuffer());
}

async function picture(file: string, side: number): Promise<Buffer> {
  const mask = `<svg width="${side}" height="${side}"><rect width="${side}" height="${side}" rx="28"/></svg>`;
  return sharp(file)
    .resize(side, side)
    .composite([{ input: Buffer.from(mask), blend: "dest-in" }])
    .png()
    .toBuffer();
}

async function write(name: string, bytes: Buffer): Promise<void> {
  await writeFile(`${WEB}public/${name}`, bytes);
  process.stderr.write(`packages/web/public/${name}: ${Math.round(bytes.length / 1000)} kB\n`);
}

await icon("apple-touch-icon.png", 180);
await icon("icon-192.png", 192);
await icon("icon-512.png", 512);
await preview();
