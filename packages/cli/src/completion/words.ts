/** @file Lists what a shell can complete: the commands of the program, their options and the values of those options. */
import type { Command } from "commander";

/** An option of a command. */
export interface CompletedOption {
  /** The flag as it is typed, such as "--device". */
  readonly flag: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** The allowed values. Empty if any value is allowed. */
  readonly choices: readonly string[];
}

/** A command or a group of commands. */
export interface CompletedCommand {
  /** The words that call it, such as ["dataset", "export"]. Empty for the program itself. */
  readonly path: readonly string[];
  readonly description: string;
  /** Its subcommands. */
  readonly children: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
}

/** Returns the program and all its commands, each group before its members. */
export function completedCommands(program: Command, path: readonly string[] = []): CompletedCommand[] {
  const help = program.createHelp();
  const children = help.visibleCommands(program).filter((command) => command.name() !== "help");
  const own = {
    path,
    description: firstSentence(program.summary() || program.description()),
    children: children.map((command) => ({
      name: command.name(),
      description: firstSentence(command.summary() || command.description()),
    })),
    options: help.visibleOptions(program).flatMap((option) => ({
      flag: option.long ?? option.short ?? "",
      description: firstSentence(option.description),
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
  };
  return [own, ...children.flatMap((command) => completedCommands(command, [...path, command.name()]))];
}

/** Longest description in characters, because a menu of completions has one line for it. */
const LONGEST = 70;

function firstSentence(text: string): string {
  const sentence = text.split(/[.:;](?:\s|$)/)[0] ?? "";
  return sentence.length > LONGEST ? `${sentence.slice(0, LONGEST - 1)}…` : sentence;
}
