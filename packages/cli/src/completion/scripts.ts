/** @file Writes the completion script of each shell from the commands of the program. Values that are files are completed by the shell itself. */
import type { CompletedCommand, CompletedOption } from "./words.ts";

/** Quotes a text for bash, zsh and fish. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const withChoices = ({ options }: CompletedCommand): readonly CompletedOption[] =>
  options.filter(({ choices }) => choices.length > 0);

/**
 * Returns the script for bash 3.2 and newer. Where no word fits, `-o default` offers files. The script does not use the variable names `path` and `words`,
 * because zsh runs it as well and they are special there.
 */
export function bashScript(name: string, commands: readonly CompletedCommand[]): string {
  const paths = commands.filter(({ path }) => path.length > 0).map(({ path }) => quoted(` ${path.join(" ")}`));
  const values = commands.flatMap((command) =>
    withChoices(command).map(
      ({ flag, choices }) => `    ${quoted(`${pathOf(command)}|${flag}`)}) fitting=${quoted(choices.join(" "))};;`,
    ),
  );
  const flags = commands.map(
    (command) => `      ${quoted(pathOf(command))}) fitting=${quoted(command.options.map(({ flag }) => flag).join(" "))};;`,
  );
  const groups = commands
    .filter(({ children }) => children.length > 0)
    .map(
      (command) => `      ${quoted(pathOf(command))}) fitting=${quoted(command.children.map((child) => child.name).join(" "))};;`,
    );
  return `# Completion of ${name} for bash. Printed by: ${name} completion bash
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" at="" word fitting=""
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    case "$at $word" in
      ${paths.join("|")}) at="$at $word";;
    esac
  done
  case "$at|$before" in
${values.join("\n")}
  esac
  if [ -z "$fitting" ]; then
    case "$current" in
    -*) case "$at" in
${flags.join("\n")}
    esac;;
    *) case "$at" in
${groups.join("\n")}
    esac;;
    esac
  fi
  COMPREPLY=($(compgen -W "$fitting" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}

function pathOf({ path }: CompletedCommand): string {
  return path.map((word) => ` ${word}`).join("");
}

/** Returns the script for zsh: that for bash, which zsh runs by its bashcompinit. */
export function zshScript(name: string, commands: readonly CompletedCommand[]): string {
  return `#compdef ${name}
autoload -U +X compinit && compinit -u
autoload -U +X bashcompinit && bashcompinit
${bashScript(name, commands)}`;
}

/** Returns the script for fish 3 and newer, with a description beside each word. */
export function fishScript(name: string, commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => [...childrenInFish(name, command), ...optionsInFish(name, command)]);
  return `# Completion of ${name} for fish. Printed by: ${name} completion fish\n${lines.join("\n")}\n`;
}

function childrenInFish(name: string, { path, children }: CompletedCommand): string[] {
  const names = children.map((child) => child.name).join(" ");
  const here = path.length === 0 ? "__fish_use_subcommand" : `${seenInFish(path)}; and not __fish_seen_subcommand_from ${names}`;
  return children.map((child) => `complete -c ${name} -n ${quoted(here)} -f -a ${child.name} -d ${quoted(child.description)}`);
}

function optionsInFish(name: string, { path, options }: CompletedCommand): string[] {
  const where = path.length === 0 ? "" : ` -n ${quoted(seenInFish(path))}`;
  return options.map(({ flag, description, takesValue, choices }) => {
    const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : takesValue ? " -r" : "";
    return `complete -c ${name}${where} -l ${flag.replace(/^-+/, "")}${value} -d ${quoted(description)}`;
  });
}

function seenInFish(path: readonly string[]): string {
  return path.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
}
