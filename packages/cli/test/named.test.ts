/** @file What the texts of the product name must exist: options, commands, files of the repository. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { buildProgram } from "../src/program.ts";
import { openTerminal } from "./terminal.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** The files whose texts reach people: sources, pages of help, READMEs. */
const SOURCES = globSync("packages/*/src/**/*.{ts,tsx}", { cwd: ROOT }).sort();
const DOCUMENTS = [...globSync("packages/*/README.md", { cwd: ROOT }), "README.md", "CONTRIBUTING.md", "docs/errors.md"].filter(
  (file) => existsSync(resolve(ROOT, file)),
);

/** Options of other programs, by the file that calls or explains them, and custom properties of CSS that a text spells alone. */
const OF_OTHERS: Readonly<Record<string, readonly string[]>> = {
  "README.md": ["--build", "--here"],
  "CONTRIBUTING.md": ["--here", "--check", "--list"],
  "packages/cli/src/commands/judge.ts": ["--heap-growing-percent"],
  "packages/cli/src/dataset/youngGeneration.ts": ["--semi-space-growth-factor"],
  "packages/experiments/src/trained/freeMemory.ts": ["--expose-gc"],
  "packages/graph/src/devices.ts": ["--ignore-scripts", "--onnxruntime-node-install"],
  "packages/server/src/database/embedded.ts": [
    "--pgdata",
    "--username",
    "--pwfile",
    "--auth",
    "--encoding",
    "--locale",
    "--no-instructions",
    "--wait",
    "--timeout",
    "--options",
    "--mode",
  ],
  "packages/server/src/database/user.ts": [
    "--inh-caps",
    "--ambient-caps",
    "--securebits",
    "--reuid",
    "--regid",
    "--clear-groups",
  ],
  "packages/experiments/src/reproduce/page/models.ts": ["--a", "--b", "--c", "--d"],
  "packages/web/src/judge/pair/proportions.ts": ["--ratio"],
  "packages/web/src/outbox/notice.tsx": ["--notice"],
};

/** Names of connections to the database begin with the product's name, too. */
const CONNECTIONS = ["migrations", "session", "cleaning", "store", "is"];

const program = buildProgram(openTerminal().context);
const commands = [...walk(program, [])];

function* walk(command: Command, path: readonly string[]): Generator<{ path: readonly string[]; command: Command }> {
  for (const name of path.length === 0 ? [""] : [command.name(), ...command.aliases()]) {
    const here = name === "" ? path : [...path.slice(0, -1), name];
    yield { path: here, command };
    for (const child of command.commands) yield* walk(child, [...here, child.name()]);
  }
}

const optionsOf = (command: Command): string[] => command.options.flatMap(({ long }) => (long ? [long] : []));
const OPTIONS = new Set([...commands.flatMap(({ command }) => optionsOf(command)), "--help", "--version"]);
const PATHS = new Set(commands.map(({ path }) => path.join(" ")));

/** The texts in a source: string and template literals, without comments. */
function textsOf(file: string): string[] {
  const source = readFileSync(resolve(ROOT, file), "utf8");
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g;
  return [...source.matchAll(token)].map(([text]) => text).filter((text) => !text.startsWith("/*") && !text.startsWith("//"));
}

/** Options in a text; a custom property of CSS is none. */
const optionsIn = (text: string): string[] =>
  [...text.matchAll(/(?<![\w-])(?<!var\()--[a-z][a-z0-9-]*(?![\w-]*\s*:)/g)].map(([option]) => option);

/** "pickapic dataset export" as the words of a command: as many as there are commands of that name. */
const commandsIn = (text: string): string[][] =>
  [...text.matchAll(/\bpickapic ((?:[a-z][a-z-]*(?: |\b))+)/g)].map((match) => (match[1] ?? "").trim().split(" "));

/** The words as far as they are a command; the first that is neither command nor argument is returned as it is. */
function unknownCommand(words: readonly string[]): string | null {
  const [first = "", second = ""] = words;
  if (!PATHS.has(first)) return CONNECTIONS.includes(first) || first === "in" ? null : first;
  const group = commands.find(({ path }) => path.join(" ") === first);
  return group && group.command.commands.length > 0 && second !== "" && !PATHS.has(`${first} ${second}`)
    ? `${first} ${second}`
    : null;
}

const everywhere = [
  ...SOURCES.flatMap((file) => textsOf(file).map((text) => ({ file, text }))),
  ...DOCUMENTS.map((file) => ({ file, text: readFileSync(resolve(ROOT, file), "utf8") })),
];

describe("what a text names exists", () => {
  test("every option", () => {
    const unknown = everywhere.flatMap(({ file, text }) =>
      optionsIn(text)
        .filter((option) => !OPTIONS.has(option) && !OF_OTHERS[file]?.includes(option))
        .map((option) => `${file}: ${option}`),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });

  test("every command", () => {
    const unknown = everywhere.flatMap(({ file, text }) =>
      commandsIn(text)
        .flatMap((words) => unknownCommand(words) ?? [])
        .map((words) => `${file}: pickapic ${words}`),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });

  test("every file of the repository", () => {
    const named = everywhere.flatMap(({ file, text }) =>
      [...text.matchAll(/(?<![\w./@-])(?:docs|fixtures|bench|scripts|packages)\/[\w./-]*\w\.(?:md|ts|mjs|py|json|webp)\b/g)].map(
        ([path]) => ({ file, path }),
      ),
    );
    expect(named.filter(({ path }) => !existsSync(resolve(ROOT, path))).map(({ file, path }) => `${file}: ${path}`)).toEqual([]);
    expect(named.length).toBeGreaterThan(0);
  });

  test("an option stands behind a command that has it, wherever a text gives a whole command line", () => {
    const wrong = everywhere.flatMap(({ file, text }) =>
      [...text.matchAll(/\bpickapic ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)([^\n`"]*)/g)].flatMap((match) => {
        const words = (match[1] ?? "").split(" ");
        const found = [words.join(" "), words[0] ?? ""]
          .map((path) => commands.find((each) => each.path.join(" ") === path))
          .find((each) => each && each.command.commands.length === 0);
        if (!found) return [];
        const own = new Set([...optionsOf(found.command), "--help", "--verbose"]);
        return optionsIn(match[2] ?? "")
          .filter((option) => OPTIONS.has(option) && !own.has(option))
          .map((option) => `${file}: pickapic ${found.path.join(" ")} ${option}`);
      }),
    );
    expect([...new Set(wrong)]).toEqual([]);
  });
});

test("the scan finds what it looks for", () => {
  expect(optionsIn("give --drop-invalid or --no-images; var(--page) and --line: 1px are none, nor is a--b")).toEqual([
    "--drop-invalid",
    "--no-images",
  ]);
  expect(commandsIn("run `pickapic dataset import x`, or pickapic train my-data").map(unknownCommand)).toEqual([null, null]);
  expect(commandsIn("run pickapic dataset imprt now; pickapic traim it").map(unknownCommand)).toEqual(["dataset imprt", "traim"]);
  expect(OPTIONS.has("--plan-splits")).toBe(true);
  expect(everywhere.length).toBeGreaterThan(1000);
});
