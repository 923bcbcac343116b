/** @file What a shell can complete: the commands of the program, their options and the values of those options. */
import type { Command } from "commander";

/** An option, as its shell completion needs it. */
export interface CompletedOption {
  /** Such as "--device" */
  readonly flag: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** The values that it allows; empty where any value goes. */
  readonly choices: readonly string[];
}

/** A command or a group of commands. */
export interface CompletedCommand {
  /** The words that lead to it, such as ["dataset", "export"]; empty for the program itself. */
  readonly path: readonly string[];
  readonly description: string;
  /** The names of its subcommands, with their descriptions. */
  readonly children: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
}

/** All commands below `program`, the program first, each group before its members. */
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

/** A menu has room for a line. In characters. */
const LONGEST = 70;

function firstSentence(text: string): string {
  const sentence = text.split(/[.:;](?:\s|$)/)[0] ?? "";
  return sentence.length > LONGEST ? `${sentence.slice(0, LONGEST - 1)}…` : sentence;
}
