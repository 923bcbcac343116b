/** @file The command lines that a benchmark's header and the documents show are ones that it takes. */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ParseArgsOptionsConfig } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { benchOptions, chosenOf, wholeNumber } from "../bench/options/options.ts";
import { isNode, nodesIn, sourceOf } from "./support/syntax.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** The argument of a file's call of benchOptions, which is written out in the call; no options for a file that has none. */
function configOf(file: string): ParseArgsOptionsConfig {
  const { text, program } = sourceOf(file, read(file));
  for (const node of nodesIn(program)) {
    if (node.type !== "CallExpression" || !isNode(node.callee) || node.callee.name !== "benchOptions") continue;
    const [config] = node.arguments as unknown[];
    if (isNode(config)) return new Function(`return ${text.slice(config.start, config.end)}`)();
  }
  return {};
}

/** What a header shows in backticks, as one command line: `--answers 500 5000`, `--seeds 5`. */
const headerForms = (text: string): string[] =>
  [...(/\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "").matchAll(/`(--[^`]+)`/g)].map(([, form = ""]) => form);

const DOCUMENTED = globSync(["*.md", "docs/*.md", "bench/*.ts"], { cwd: ROOT }).flatMap((file) =>
  [...read(file).matchAll(/(?:npm run )?bench -- ([a-z]+)([^`|;\n]*)`/g)].map(([, name = "", args = ""]) => ({ name, args })),
);

/** Options of a command line; what is refused is an error here. */
function parse(args: string, config: ParseArgsOptionsConfig) {
  vi.spyOn(process, "exit").mockImplementation(() => {
    throw new Error("refused");
  });
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    return benchOptions(config, args.split(" ").filter(Boolean));
  } catch {
    throw new Error(said.mock.calls.join());
  } finally {
    vi.restoreAllMocks();
  }
}

describe.each(globSync("bench/*.ts", { cwd: ROOT }).map((file) => basename(file, ".ts")))("%s", (name) => {
  const config = configOf(`bench/${name}.ts`);

  test("takes what its header and the documents show", () => {
    const shown = DOCUMENTED.filter((each) => each.name === name).map(({ args }) => args);
    for (const form of [...headerForms(read(`bench/${name}.ts`)), ...shown]) expect(() => parse(form, config)).not.toThrow();
  });

  test("its header shows each of its options", () => {
    const shown = headerForms(read(`bench/${name}.ts`)).join(" ");
    for (const option of Object.keys(config)) expect(shown).toContain(`--${option}`);
  });
});

const CONFIG = { answers: { type: "string", multiple: true }, seeds: { type: "string" }, json: { type: "boolean" } } as const;

test.each([
  ["--answers 5000 15000", { answers: ["5000", "15000"] }],
  ["--answers 5000 15000 --seeds 5", { answers: ["5000", "15000"], seeds: "5" }],
  ["--json --answers 5000 --answers 15000", { answers: ["5000", "15000"], json: true }],
])("%s takes several values at once or one after the other", (args, expected) => {
  expect({ ...parse(args, CONFIG) }).toEqual(expected);
});

test.each(["--seeds 5 6", "5000 --json", "--json 5", "--answer 5"])("%s is refused with the options that there are", (args) => {
  expect(() => parse(args, CONFIG)).toThrow("The options are: --answers VALUE..., --seeds VALUE, --json.");
});

test("documents show command lines", () => {
  expect(DOCUMENTED.length).toBeGreaterThan(20);
});

test("a choice keeps the order of all and may be separated by commas; without one, all are chosen", () => {
  const all = ["ratings", "frechet", "dataset"] as const;
  expect(chosenOf("only", ["dataset", "ratings"], all)).toEqual(["ratings", "dataset"]);
  expect(chosenOf("only", ["dataset,ratings"], all)).toEqual(["ratings", "dataset"]);
  expect(chosenOf("only", undefined, all)).toEqual(all);
  expect(wholeNumber("seeds", "5")).toBe(5);
});
