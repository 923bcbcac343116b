/** @file What the documents promise: their TypeScript runs, their commands exist, their links lead somewhere. */
import { execFile, fork } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../packages/cli/src/program.ts";
import type { Verdict } from "./support/inTurn.ts";

const ROOT = resolve(import.meta.dirname, "..");
const DOCUMENTS = globSync(["*.md", "docs/**/*.md", "packages/*/README.md"], { cwd: ROOT }).sort();
const READMES = DOCUMENTS.filter((file) => basename(file) === "README.md");
const run = promisify(execFile);

type Command = ReturnType<typeof buildProgram>;
type Option = Command["options"][number];

interface Block {
  file: string;
  /** The word after the fence, such as "ts". */
  language: string;
  code: string;
}

function blocksOf(file: string): Block[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/^```(\w+)[^\n]*\n(.*?)^```/gms)].map(([, language = "", code = ""]) => ({ file, language, code }));
}

const typescript = READMES.flatMap(blocksOf).filter(({ language }) => language === "ts");
const commands = DOCUMENTS.flatMap(blocksOf)
  .filter(({ language }) => ["sh", "bash", "console"].includes(language))
  .flatMap(({ file, code }) =>
    code.split("\n").map((line) => ({
      file,
      line: line
        .replace(/^\$ /, "")
        .replace(/\s#.*$/, "")
        .trim(),
    })),
  )
  .filter(({ line }) => line !== "")
  .concat(helpExamples());

/** Examples live inside the repository while they run, so that `@pickapic/...` resolves; what they write does not. */
mkdirSync(join(ROOT, ".cache"), { recursive: true });
const examples = mkdtempSync(join(ROOT, ".cache/readme-"));
const scratch = mkdtempSync(join(tmpdir(), "pickapic-readme-"));
afterAll(() => {
  rmSync(examples, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

/** Writes each example as a file; the list of paths is in the order of `typescript`. */
function writeExamples(): string[] {
  return typescript.map(({ file, code }, i) => {
    const path = join(examples, `${i}-${dirname(file).replaceAll("/", "-")}.ts`);
    writeFileSync(path, `${code}\nexport {};\n`);
    return path;
  });
}

test("every package has a README", () => {
  expect(READMES).toEqual(
    expect.arrayContaining(globSync("packages/*/package.json", { cwd: ROOT }).map((file) => join(dirname(file), "README.md"))),
  );
});

test("the TypeScript of the READMEs type-checks", { timeout: 180_000 }, async () => {
  const files = writeExamples();
  const config = join(examples, "tsconfig.json");
  const extended = { extends: join(ROOT, "tsconfig.json"), compilerOptions: { noUnusedLocals: false }, include: files };
  writeFileSync(config, JSON.stringify(extended));
  // Several threads check the declarations that they share once each, which takes two thirds more of the processor.
  expect(await complaint(join(ROOT, "node_modules/.bin/tsc"), ["--noEmit", "--singleThreaded", "-p", config])).toBe("");
});

describe("the TypeScript of the READMEs runs", () => {
  const verdicts = new Map<string, string>();
  let files: string[] = [];
  let ended: Ended;
  beforeAll(async () => {
    files = writeExamples();
    ended = await runInTurn(files, verdicts);
  }, 180_000);

  test.each(typescript.map((block, i) => ({ ...block, i })))("$file", ({ i }) => {
    expect(verdicts.get(files[i]!) ?? `it was not reached: ${ended.stderr}`).toBe("");
  });

  test("none leaves anything open or unhandled: the process ends by itself, in good order", () => {
    expect([ended.code, ended.signal], ended.stderr).toEqual([0, null]);
  });

  test("the check can fail: what throws, what leaves an exit code, and what keeps the process", async () => {
    const kinds = ["throw new Error('thrown')", "process.exitCode = 3", "console.log('fine')", "setInterval(() => {}, 1_000)"];
    const broken = kinds.map((code, i) => {
      const file = join(scratch, `broken-${i}.mjs`);
      writeFileSync(file, code);
      return file;
    });
    const found = new Map<string, string>();
    const { signal } = await runInTurn(broken, found, 100);
    expect(broken.map((file) => found.get(file))).toEqual([expect.stringContaining("thrown"), "it left the exit code 3", "", ""]);
    expect(signal).toBe("SIGTERM");
  });
});

/** How a process ended, and what it wrote to stderr. */
interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

/**
 * Imports files one after another in one process, and notes the complaint about each that was reached; empty where there is none.
 * @param openMs how long the process may stay after its last file until it is stopped
 */
function runInTurn(files: readonly string[], complaints: Map<string, string>, openMs = 60_000): Promise<Ended> {
  const child = fork(join(import.meta.dirname, "support/inTurn.ts"), files, { cwd: scratch, silent: true });
  let stderr = "";
  child.stderr?.on("data", (text: Buffer) => {
    stderr += text;
  });
  child.stdout?.resume();
  child.on("message", ({ file, complaint }: Verdict) => {
    complaints.set(file, complaint);
    if (complaints.size === files.length) setTimeout(() => child.kill(), openMs).unref();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stderr }));
  });
}

/** What a program says when it fails; empty when it does not. */
async function complaint(program: string, args: readonly string[]): Promise<string> {
  try {
    await run(program, args, { cwd: scratch });
    return "";
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout: string; stderr: string; message: string };
    return stdout + stderr || message;
  }
}

describe("the commands of the documents and of the help texts exist", () => {
  test.each(commands)("$line ($file)", ({ line }) => {
    expect(unknownWords(line)).toEqual([]);
  });
});

/** The words of a shell line, up to where its output goes, that are no command, script, option or argument of ours. */
function unknownWords(line: string): string[] {
  const [first, ...rest] = line.replace(/\s(?:>>?|\|)\s.*$/, "").match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  if (first === "npx" && rest[0] === "pickapic") return unknownToProgram(rest.slice(1));
  if (first === "pickapic") return unknownToProgram(rest);
  if (first === "npm") return unknownToNpm(rest);
  return [];
}

/** The program, and what it writes. */
function silentProgram(): { program: Command; written: string[] } {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  const world = { stdout: stream, stderr: stream, env: {}, signal: new AbortController().signal, now: () => 0, goOn: "" };
  return { program: buildProgram(world), written };
}

function unknownToProgram(words: readonly string[]): string[] {
  const { program } = silentProgram();
  let command = program;
  let depth = 0;
  for (; depth < words.length; depth++) {
    const next = command.commands.find((candidate) => candidate.name() === words[depth]);
    if (!next) break;
    command = next;
  }
  if (command === program && !words[0]?.startsWith("-")) return [words[0] ?? "(no command)"];
  return [...misplaced(words.slice(depth), command, [...command.options, ...program.options])];
}

/** Options that do not exist, and arguments that the command does not take. */
function* misplaced(words: readonly string[], command: Command, options: readonly Option[]): Generator<string> {
  const { registeredArguments } = command;
  let room = registeredArguments.at(-1)?.variadic ? Number.POSITIVE_INFINITY : registeredArguments.length;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const option = options.find(({ short, long }) => [short, long].includes(word.replace(/=.*/, "")));
    if (option?.required && !word.includes("=")) i++;
    if (option?.variadic) while (i + 1 < words.length && !words[i + 1]!.startsWith("-")) i++;
    if (!option && /^--?[a-z]/.test(word) && word !== "--help") yield word;
    else if (!option && !word.startsWith("-") && --room < 0) yield word;
  }
}

/** The examples in the help texts of the program and all its commands. */
function helpExamples(): { file: string; line: string }[] {
  const { program, written } = silentProgram();
  const visit = (command: Command): void => {
    command.outputHelp();
    for (const child of command.commands) visit(child);
  };
  visit(program);
  const lines = written.join("").matchAll(/^ {2}\$ (?:npx )?(pickapic .*?)(?: {3,}.*)?$/gm);
  return [...lines].map(([, line = ""]) => ({ file: "--help", line }));
}

function unknownToNpm(words: readonly string[]): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
  const [verb, name] = words;
  if (verb === "run") return name !== undefined && name in scripts ? [] : [`npm run ${name}`];
  if (verb === "start" || verb === "test") return verb in scripts ? [] : [`npm ${verb}`];
  return ["ci", "i", "install"].includes(verb ?? "") ? [] : [`npm ${verb}`];
}

describe("the links of the documents lead somewhere", () => {
  test.each(DOCUMENTS)("%s", (file) => {
    expect(brokenLinks(file)).toEqual([]);
  });
});

/** Relative links whose file, or whose heading in a file of ours, does not exist. */
function brokenLinks(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8")
    .replace(/^```.*?^```/gms, "")
    .replace(/`[^`\n]*`/g, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|<(?:img|a|source)[^>]*?(?:src|href|srcset)="([^"]+)"/g)].map(
    (match) => match[1] ?? match[2] ?? "",
  );
  return links.filter((link) => !/^[a-z]+:/.test(link)).filter((link) => !leadsSomewhere(file, link));
}

function leadsSomewhere(file: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? join(ROOT, file) : join(ROOT, dirname(file), decodeURIComponent(path));
  if (!existsSync(target)) return false;
  return anchor === undefined || !target.endsWith(".md") || headings(target).includes(anchor);
}

/** The anchors that GitHub gives to the headings of a document. */
function headings(file: string): string[] {
  const lines = readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm);
  return [...lines].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("the check can fail: an unknown command, option, argument, script and link are found", () => {
  expect(unknownWords("npx pickapic scroe --prompt x")).toEqual(["scroe"]);
  expect(unknownWords("pickapic score --promt x a.jpg")).toEqual(["--promt"]);
  expect(unknownWords("pickapic dataset validate my-dataset other")).toEqual(["other"]);
  expect(unknownWords("npm run nothing")).toEqual(["npm run nothing"]);
  expect(leadsSomewhere("README.md", "docs/nothing.md")).toBe(false);
});
