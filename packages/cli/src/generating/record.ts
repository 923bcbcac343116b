/** @file What is known of a generated picture, as it stands in the JSON file beside the picture and in the texts of a PNG. */
import type { Backend, GeneratedImage, GenerationRequest, ParsedPrompt } from "@pickapic/generation";

/** The standing of a picture in a best-of-n. */
export interface Judged {
  /** Larger is better; comparable among pictures of one prompt. */
  score: number;
  scorer: {
    name: string;
    /** What must be equal for the scores to be equal, such as the checksum of the weights. */
    identity: string;
  };
  /** 1 is best. */
  rank: number;
  /** Number of pictures that were scored. */
  of: number;
  /** Probability that a person prefers this picture to the one of the next rank, 0.5 ... 1. Null for the last one. */
  probabilityOverNext: number | null;
}

/** Everything that is known of a generated picture. A setting that its backend does not have, or does not tell, is null. */
export interface PictureRecord {
  schema: "pickapic/picture";
  version: 1;
  /** Name of the picture file, in the same folder. */
  file: string;
  /** What the user asked for, and what a scorer compares the picture with. */
  prompt: string;
  /** What the backend got: the prompt with the words of the template. */
  sentPrompt: string;
  negativePrompt: string | null;
  /** Name of the template; null when the prompt was sent as it is. */
  template: string | null;
  model: string;
  backend: string;
  simulated: boolean;
  seed: number | null;
  guidanceScale: number | null;
  steps: number | null;
  scheduler: string | null;
  /** px */
  width: number;
  /** px */
  height: number;
  /** Time from the request to the picture, ms. */
  generationMs: number;
  /** In the currency of models.yaml; null when no price is known. */
  price: number | null;
  /** What the backend did not follow, a sentence each. */
  warnings: readonly string[];
  /** Null when no scorer was asked. */
  judged: Judged | null;
}

/** A picture as it was made, and what it was made from. */
export interface Finished {
  prompt: ParsedPrompt;
  backend: Pick<Backend, "name" | "simulated">;
  /** Null when the prompt was sent as it is. */
  template: string | null;
  request: GenerationRequest;
  image: GeneratedImage;
  generationMs: number;
  judged: Judged | null;
}

/** Returns what is known of a picture. What the backend says that it used wins over what it was asked for. */
export function recordOf(
  file: string,
  { prompt, backend, template, request, image, generationMs, judged }: Finished,
): PictureRecord {
  const {
    seed = request.seed,
    guidanceScale = request.guidanceScale,
    steps = request.steps,
    scheduler = null,
  } = image.used ?? {};
  return {
    schema: "pickapic/picture",
    version: 1,
    file,
    prompt: prompt.prompt,
    sentPrompt: request.prompt,
    negativePrompt: request.negativePrompt,
    template,
    model: request.model,
    backend: backend.name,
    simulated: backend.simulated,
    seed,
    guidanceScale,
    steps,
    scheduler,
    width: image.width,
    height: image.height,
    generationMs: Math.round(generationMs),
    price: image.price ?? null,
    warnings: image.warnings,
    judged,
  };
}

/**
 * Returns a record as AUTOMATIC1111's web interface writes the settings of a picture, which many programs read: the prompt, a line with the negative prompt, and a line with
 * the settings, separated by commas. A value with a comma, a colon or a line break is a JSON string. A setting that is null is left out.
 */
export function parametersText(record: PictureRecord): string {
  const { sentPrompt, negativePrompt, judged } = record;
  const settings: Record<string, string | number | null> = {
    Steps: record.steps,
    Sampler: record.scheduler,
    "CFG scale": record.guidanceScale,
    Seed: record.seed,
    Size: `${record.width}x${record.height}`,
    Model: record.model,
    Template: record.template,
    Score: judged && Number(judged.score.toFixed(4)),
    Scorer: judged?.scorer.name ?? null,
    Software: "pickapic",
  };
  const line = Object.entries(settings).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${quoted(`${value}`)}`]));
  const negative = negativePrompt ? [`Negative prompt: ${negativePrompt}`] : [];
  return [sentPrompt, ...negative, line.join(", ")].join("\n");
}

const quoted = (value: string): string => (/[,:\n]/.test(value) ? JSON.stringify(value) : value);
