import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { pickapic } from "../terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "pickapic-completion-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CASES: [line: string, words: string[]][] = [
  ["pickapic data", ["dataset"]],
  ["pickapic dataset ex", ["export"]],
  ["pickapic score --dev", ["--device"]],
  ["pickapic score --device ", ["auto", "cpu", "cuda", "webgpu"]],
  ["pickapic score --device w", ["webgpu"]],
  ["pickapic --verbose dataset val", ["validate"]],
  ["pickapic score it's", []],
];

/** The words that a real shell offers for a line, sorted. */
type Complete = (script: string, line: string) => string[];

const words = (text: string) =>
  text
    .split("\n")
    .filter((word) => word !== "")
    .sort();

const bash: Complete = (script, line) => {
  const typed = line
    .split(" ")
    .map((word) => `"${word}"`)
    .join(" ");
  const program = `source ${script}; COMP_WORDS=(${typed}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _pickapic; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return words(spawnSync("bash", ["--norc", "-c", program], { encoding: "utf8" }).stdout);
};

const fish: Complete = (script, line) => {
  const program = `source ${script}; complete -C ${JSON.stringify(line)}`;
  const { stdout } = spawnSync("fish", ["--no-config", "-c", program], { encoding: "utf8", cwd: folder });
  return words(stdout.replace(/\t.*$/gm, ""));
};

/** Within zsh's bashcompinit a function runs under these options; zsh itself narrows the words to those that begin as typed. */
const zsh: Complete = (script, line) => {
  const typed = line
    .split(" ")
    .map((word) => `"${word}"`)
    .join(" ");
  const asBash = "emulate -L sh; setopt kshglob noshglob braceexpand";
  const program = `source ${script}; try() { ${asBash}; COMP_WORDS=(${typed}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _pickapic; printf '%s\\n' "\${COMPREPLY[@]}" }; try`;
  const offered = words(spawnSync("zsh", ["-f", "-c", program], { encoding: "utf8" }).stdout);
  return offered.filter((word) => word.startsWith(line.split(" ").at(-1) ?? ""));
};

const SHELLS: [shell: string, complete: Complete][] = [
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
];

describe.each(SHELLS)("%s", (shell, complete) => {
  const there = spawnSync(shell, ["--version"]).status === 0;
  test.skipIf(!there).each(CASES)("%s", async (line, expected) => {
    const { out } = await pickapic(["completion", shell]);
    const script = join(folder, shell);
    writeFileSync(script, out);
    expect(complete(script, line)).toEqual(expected);
  });
});
