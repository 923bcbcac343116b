/** @file The options of a benchmark's command line: one reader for all benchmarks. It accepts every documented form and refuses any other with a sentence. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/**
 * Reads the options of a benchmark, as `parseArgs` of Node does, with one addition: an option that may be given several times takes several values at
 * once too, so that `--answers 500 5000` means `--answers 500 --answers 5000`. A wrong command line ends the process with code 2.
 * @param config the options in the form of `parseArgs`; `multiple: true` marks those that take several values
 * @param args what stands after the benchmark's name
 */
export function benchOptions<const T extends ParseArgsOptionsConfig>(config: T, args: readonly string[] = process.argv.slice(2)) {
  try {
    return parseArgs({ args: oneValueEach(args, config), options: config, strict: true }).values;
  } catch (error) {
    const [what] = String(error instanceof Error ? error.message : error).split(". ");
    return refuse(`${what}. The options are: ${Object.entries(config).map(formOf).join(", ") || "none"}.`);
  }
}

/** Says what is wrong with the command line, and ends the process with code 2. */
export function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

/** The number that an option gives; at least `least` and whole, or the command line is refused. */
export function wholeNumber(name: string, value: string, least = 1): number {
  const number = Number(value);
  return Number.isInteger(number) && number >= least
    ? number
    : refuse(`--${name} must be an integer of at least ${least}; got ${value}.`);
}

/** The values of an option that picks some of `all`, in the order of `all`. Without a value it picks all; an unknown one is refused. */
export function chosenOf<T extends string>(name: string, values: readonly string[] | undefined, all: readonly T[]): T[] {
  const wanted = values?.flatMap((value) => value.split(","));
  const unknown = wanted?.find((value) => !all.some((each) => each === value));
  if (unknown !== undefined) refuse(`--${name} knows no "${unknown}". There are: ${all.join(", ")}.`);
  return all.filter((value) => wanted?.includes(value) ?? true);
}

/** Puts the option's name before each further value of an option that takes several. */
function oneValueEach(args: readonly string[], config: ParseArgsOptionsConfig): string[] {
  let several: string | undefined;
  return args.flatMap((arg, i) => {
    if (arg.startsWith("--")) {
      several = config[arg.slice(2)]?.multiple ? arg : undefined;
      return [arg];
    }
    return several === undefined || args[i - 1] === several ? [arg] : [several, arg];
  });
}

/** How an option is given: `--json`, `--seeds VALUE`, `--answers VALUE...`. */
function formOf([name, { type, multiple }]: [string, ParseArgsOptionsConfig[string]]): string {
  return `--${name}${type === "boolean" ? "" : multiple ? " VALUE..." : " VALUE"}`;
}
