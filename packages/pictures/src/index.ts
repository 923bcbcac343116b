/** @file Picture files: their kind, their pixels, and the JPEG that is stored. */

export { type DecodeOptions, decodePicture, MOST_PIXELS, type RgbImage } from "./decode.ts";
export { encodeJpeg, STORED_QUALITY, storedJpeg, type ThumbnailOptions, thumbnailJpeg } from "./encode.ts";
export { PictureError } from "./errors.ts";
export { listPictures, type PassedOver, type PictureListing, passedOverText, sortPictures } from "./folder.ts";
export { DECODED_KINDS, isDecodedKind, KIND_BYTES, kindOf, type PictureKind } from "./kind.ts";
export type { PixelPolicy } from "./policy.ts";
