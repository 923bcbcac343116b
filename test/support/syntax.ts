/** @file The sources of the packages as syntax trees (ESTree with TypeScript's nodes), for tests of how the code is written. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Comment, type Program, parseSync } from "oxc-parser";

const ROOT = join(import.meta.dirname, "../..");

/** A node of a syntax tree: its kind, the offsets at which it starts and ends in the text, and fields by kind. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** One source file. */
export interface Source {
  /** Path below the repository. */
  readonly file: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** Reads the source of a package, without generated files. */
export const sourcesOf = (name: string): Source[] => sourcesIn(`packages/${name}/src`);

/** Reads the TypeScript below a folder of the repository, without generated files. */
export function sourcesIn(folder: string): Source[] {
  const files = globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT, exclude: ["**/*_pb.*", "**/*.gen.*", "**/*.d.ts"] });
  return files.sort().map((file) => sourceOf(file, readFileSync(join(ROOT, file), "utf8")));
}

/** Parses one file. @throws Error when it is no TypeScript */
export function sourceOf(file: string, text: string): Source {
  const { program, comments, errors } = parseSync(file, text);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  return { file, text, program, comments };
}

/** The packages of the repository, in alphabetical order. */
export const packageNames = (): string[] =>
  globSync("packages/*/package.json", { cwd: ROOT })
    .map((file) => file.split(/[\\/]/)[1] ?? "")
    .sort();

/** Every node below `value`, and itself, parents first. */
export function* nodesIn(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) for (const each of value) yield* nodesIn(each);
  else if (isNode(value)) {
    yield value;
    for (const field of Object.values(value)) yield* nodesIn(field);
  }
}

/** Whether a field of a node holds another node. */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The line, from 1, of an offset in a text. */
export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;
