/** @file Pixels as Pillow's `convert("RGB")` gives them, byte for byte. */

import { fromInks, readInks } from "./cmyk.ts";
import { firstFrame, paintedRgb } from "./gif.ts";
import type { Opened } from "./opened.ts";
import type { RgbImage } from "./rgbImage.ts";

/** Returns the pixels as stored; only a TIFF is turned. The picture must have been opened with `ignoreIcc`. */
export async function readAsTransformers({ picture, facts, bytes }: Opened): Promise<RgbImage> {
  const isTurned = facts.format === "tiff" && facts.orientation !== undefined;
  const { width, height } = isTurned ? facts.autoOrient : facts;
  const data = await readRgb({ picture: isTurned ? picture.autoOrient() : picture, facts, bytes });
  return { width, height, data };
}

async function readRgb({ picture, facts, bytes }: Opened): Promise<Uint8Array> {
  const { format, width, space, depth, hasAlpha } = facts;
  if (format === "gif") {
    return paintedRgb(await picture.toColourspace("srgb").ensureAlpha().raw().toBuffer(), width, firstFrame(bytes));
  }
  if (space === "cmyk") return fromInks(await readInks(picture));
  if (space === "grey16" && depth === "ushort" && !hasAlpha) {
    return fromDeepGrey(await picture.pipelineColourspace("grey16").toColourspace("grey16").raw({ depth: "ushort" }).toBuffer());
  }
  return picture.toColourspace("srgb").removeAlpha().raw().toBuffer();
}

/**
 * Returns RGB, [height, width, 3], of 16-bit grey levels. Levels above 255 become 255 instead of being scaled, as in Pillow's mode
 * I;16.
 */
function fromDeepGrey(bytes: Uint8Array): Uint8Array {
  const grey = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rgb = new Uint8Array((bytes.length / 2) * 3);
  for (let from = 0, to = 0; from < bytes.length; from += 2, to += 3)
    rgb.fill(Math.min(255, grey.getUint16(from, true)), to, to + 3);
  return rgb;
}
