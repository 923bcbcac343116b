/** @file `pickapic completion`: prints the script with which a shell completes commands, options and their values. */
import { Argument, type Command } from "commander";
import type { Context } from "../context.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const SET_UP = `
Set it up once, with pickapic in the PATH:
  $ pickapic completion bash > ~/.local/share/bash-completion/completions/pickapic
  $ pickapic completion zsh >> ~/.zshrc
  $ pickapic completion fish > ~/.config/fish/completions/pickapic.fish

Print it anew after an update.`;

/** Adds `pickapic completion`, which prints a script with all commands that the program has when it runs. */
export function registerCompletion(program: Command, context: Context): void {
  program
    .command("completion")
    .description("print the script with which a shell completes commands, options and values")
    .addArgument(new Argument("<shell>", "the shell that you use").choices(SHELLS))
    .addHelpText("after", `${SET_UP}\n\nExample:\n  $ source <(pickapic completion bash)`)
    .action(async (shell: Shell) => {
      const { completedCommands } = await import("../completion/words.ts");
      const { bashScript, zshScript, fishScript } = await import("../completion/scripts.ts");
      const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell];
      context.stdout.write(script("pickapic", completedCommands(program)));
    });
}
