/**
 * @file How a checkpoint's pictures are preprocessed: preprocessor_config.json, read as transformers' CLIPImageProcessor reads
 * it.
 */

import { expectedOf } from "@pickapic/errors";
import { z } from "zod";
import { ClipError, issueText } from "../errors.ts";

/** No CLIP takes larger pictures, px. */
export const LARGEST_SIDE = 4096;

type Triple = readonly [number, number, number];

/** The steps, in this order; null leaves a step out. Sizes in px. */
export interface Processor {
  readonly resize: { readonly shortestEdge: number } | { readonly height: number; readonly width: number } | null;
  readonly crop: { readonly height: number; readonly width: number } | null;
  /** Factor from 0...255 to the model's range, usually 1/255. */
  readonly rescale: number | null;
  readonly normalize: { readonly mean: Triple; readonly deviation: Triple } | null;
}

const OPENAI_MEAN: Triple = [0.48145466, 0.4578275, 0.40821073];
const OPENAI_DEVIATION: Triple = [0.26862954, 0.26130258, 0.27577711];

/** Mean and deviation of the colours of OpenAI's training pictures, 0...1. */
export const OPENAI_COLOURS = { mean: OPENAI_MEAN, deviation: OPENAI_DEVIATION } as const;

/** CLIP's processor for square pictures of `side` pixels. */
export function clipProcessor(side: number): Processor {
  return {
    resize: { shortestEdge: side },
    crop: { height: side, width: side },
    rescale: 1 / 255,
    normalize: { mean: OPENAI_MEAN, deviation: OPENAI_DEVIATION },
  };
}

const pixels = z.int().positive().max(LARGEST_SIDE);
/** Newer files write the sizes that do not apply as null. */
const dropNulls = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null))
    : value;
/** Names the sizes that transformers knows and that are not supported here, instead of ignoring them. */
const refuseOthers = (known: readonly string[]) => (value: unknown, context: z.RefinementCtx) => {
  const others = typeof value === "object" && value !== null ? Object.keys(value).filter((key) => !known.includes(key)) : [];
  if (others.length === 0) return value;
  context.addIssue({ code: "custom", message: `${others.join(" and ")} is not supported, only ${known.join(", ")} or a number` });
  return z.NEVER;
};
const sized = <T extends z.ZodType>(known: readonly string[], type: T) =>
  z.preprocess(dropNulls, z.unknown()).transform(refuseOthers(known)).pipe(type);
const box = z.object({ height: pixels, width: pixels });
/** One number stands for all three channels. */
const triple = (value: z.ZodNumber) =>
  z.union([value.transform((all): [number, number, number] => [all, all, all]), z.tuple([value, value, value])]);
const never = (what: string) => z.literal(false, what).nullish();
const flag = z.boolean().nullish();
/** A missing or null setting gets its default. */
const optional = <T extends z.ZodType>(type: T, fallback: z.output<T>) => type.nullish().transform((value) => value ?? fallback);
const made = (by: string) =>
  z
    .string()
    .regex(/^CLIP(ImageProcessor|FeatureExtractor)/, `only ${by} of CLIP are supported`)
    .nullish();

/** Defaults of transformers' CLIPImageProcessor. In files of 2022 sizes are numbers, and image processors are called feature extractors. */
const schema = z.object({
  do_resize: flag,
  size: optional(sized(["shortest_edge", "height", "width"], z.union([pixels, z.object({ shortest_edge: pixels }), box])), 224),
  default_to_square: never("only false is supported: write the size as height and width"),
  use_square_size: never("only false is supported: write the size as height and width"),
  resample: optional(z.literal(3, "only 3, bicubic, is supported"), 3),
  do_center_crop: flag,
  crop_size: optional(sized(["height", "width"], z.union([pixels, box])), 224),
  do_rescale: flag,
  rescale_factor: optional(z.number().positive(), 1 / 255),
  do_normalize: flag,
  image_mean: optional(triple(z.number()), [...OPENAI_MEAN]),
  image_std: optional(triple(z.number().positive()), [...OPENAI_DEVIATION]),
  image_processor_type: made("image processors"),
  feature_extractor_type: made("feature extractors"),
});

/**
 * Reads a preprocessor_config.json.
 * @throws ClipError PICKAPIC_CLIP_PROCESSOR_UNSUPPORTED
 */
export function parseProcessor(json: unknown, source = "preprocessor_config.json"): Processor {
  const parsed = schema.safeParse(json, { error: expectedOf });
  if (!parsed.success) {
    const what = `not a processor of CLIP's kind: ${issueText(parsed.error, json)}`;
    throw new ClipError("PICKAPIC_CLIP_PROCESSOR_UNSUPPORTED", source, what);
  }
  const { size, crop_size, ...rest } = parsed.data;
  return {
    resize: rest.do_resize === false ? null : resizeOf(size),
    crop:
      rest.do_center_crop === false ? null : typeof crop_size === "number" ? { height: crop_size, width: crop_size } : crop_size,
    rescale: rest.do_rescale === false ? null : rest.rescale_factor,
    normalize: rest.do_normalize === false ? null : { mean: rest.image_mean, deviation: rest.image_std },
  };
}

/** How pictures are resized, from the field `size`: a number and "shortest_edge" mean the same. */
function resizeOf(size: z.infer<typeof schema>["size"]): Processor["resize"] {
  if (typeof size === "number") return { shortestEdge: size };
  return "shortest_edge" in size ? { shortestEdge: size.shortest_edge } : size;
}

/** Returns the preprocessor_config.json from which transformers reads the same processor. */
export function processorJson({ resize, crop, rescale, normalize }: Processor): Record<string, unknown> {
  return {
    image_processor_type: "CLIPImageProcessor",
    do_convert_rgb: true,
    do_resize: resize !== null,
    ...(resize && { size: "shortestEdge" in resize ? { shortest_edge: resize.shortestEdge } : resize }),
    resample: 3,
    do_center_crop: crop !== null,
    ...(crop && { crop_size: crop }),
    do_rescale: rescale !== null,
    ...(rescale !== null && { rescale_factor: rescale }),
    do_normalize: normalize !== null,
    ...(normalize && { image_mean: normalize.mean, image_std: normalize.deviation }),
  };
}

/** Height and width after the last step; null when they depend on the picture. */
export function outputSize({ resize, crop }: Processor): { height: number; width: number } | null {
  if (crop) return crop;
  return resize && "height" in resize ? resize : null;
}
