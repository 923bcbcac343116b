/** @file Picture files: their kind, their pixels, and the JPEG that is stored. */

export { type DecodeOptions, decodePicture } from "./decode.ts";
export { encodeJpeg, storedJpeg, type ThumbnailOptions, thumbnailJpeg } from "./encode.ts";
export { PictureError } from "./errors.ts";
export type { PassedOver, PictureListing } from "./folder.ts";
export { kindOf, type PictureKind } from "./kind.ts";
export { withPngTexts } from "./pngText.ts";
export type { PixelPolicy } from "./policy.ts";
export type { RgbImage } from "./rgbImage.ts";
