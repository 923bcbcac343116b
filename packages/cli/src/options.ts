/** @file Parses the values of options. A wrong value gets a sentence that says what was expected. */
import { PIXEL_POLICIES } from "@pickapic/pictures/policy";
import { InvalidArgumentError, Option } from "commander";

/** Returns the parser of a whole number from `low` to `high`. */
export function whole(low: number, high: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`;
  return (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

/** Parses a seed, 0...2^31 - 1: the range that every random generator here accepts. */
export const seed = whole(0, 2 ** 31 - 1);

/** Returns the parser of a number from `low` to `high`. */
export function decimal(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected a number from ${low} to ${high === Infinity ? "infinity" : high}.`);
  };
}

/** The help of `--processor`. */
export const PROCESSOR = "where tokenizer and preprocessor_config.json are, when not beside the weights: a folder, or ORG/NAME";

/** The help of `--templates`. */
export const TEMPLATES_HELP =
  'a JSON list of {"name", "prompt", "negativePrompt"}, with {prompt} in each prompt once; each seed is used under every template';

/** The help of `--patience`. */
export const PATIENCE_HELP =
  "stop when one more picture is not expected to gain more than this over the best so far, as a probability above 0 and below 0.5 (default: make them all)";

/** Returns the option --pixels: how image files are decoded. */
export function pixelsOption(): Option {
  return new Option("--pixels <policy>", "browser: as a browser shows images; transformers: as Python's transformers reads them")
    .choices(PIXEL_POLICIES)
    .default("browser");
}

/** Returns the option --device: where models run. The default is the CPU, because "auto" starts and measures the other devices first, which takes a second or two. */
export function deviceOption(): Option {
  return new Option("--device <name>", "auto: the fastest of cuda, webgpu and cpu that starts")
    .choices(["auto", "cpu", "webgpu", "cuda"])
    .default("cpu");
}

/** The flag and the help of --json, for every command that prints one result. */
export const JSON_RESULT = ["--json", "print the result as JSON"] as const;

/** Returns the option --threads of a command that runs models on the processor. */
export function threadsOption(): Option {
  return new Option("--threads <n>", "number of threads; 0: as many as the machine has cores")
    .argParser(whole(0, 1024))
    .default(0);
}
