/** @file `pickapic dataset prompts`: draws a set of prompts from a dataset. */
import { writeWholeFile } from "@pickapic/disk";
import type { Command } from "commander";
import { type Context, note } from "../context.ts";
import { seed, whole } from "../options.ts";
import type { JsonOption } from "./report.ts";

interface PromptsOptions extends JsonOption {
  number: number;
  seed: number;
  output?: string;
}

/** Adds `pickapic dataset prompts`. */
export function registerPrompts(dataset: Command, context: Context): void {
  dataset
    .command("prompts")
    .description(
      "draw prompts that people wrote, one in each line: each from another person as long as there are further people, as the paper draws its test prompts. Images of them are what `evaluate prompts` compares models on",
    )
    .argument("<dataset>", "dataset folder")
    .option("-n, --number <n>", "number of prompts (the paper: 500 in test_unique)", whole(1, 10_000_000), 500)
    .option("--seed <n>", "decides which prompts", seed, 1)
    .option("--output <file>", "write to a file instead, which is whole or absent")
    .option("--json", "write JSON Lines with the column prompt")
    .addHelpText("after", "\nExample:\n  $ pickapic dataset prompts my-dataset --number 500 --output users/prompts.txt")
    .action((folder: string, options: PromptsOptions) => prompts(folder, options, context));
}

async function prompts(folder: string, { number, seed, output, json }: PromptsOptions, context: Context): Promise<void> {
  const { openDataset, samplePrompts } = await import("@pickapic/dataset");
  const { prompts: drawn, rule } = await samplePrompts(await openDataset(folder), { count: number, seed });
  // A prompt with a line break would be two prompts in a list of lines.
  const lines = drawn.map((prompt) => (json ? JSON.stringify({ prompt }) : prompt.replace(/\s+/g, " ")));
  const text = lines.map((line) => `${line}\n`).join("");
  if (output === undefined) context.stdout.write(text);
  else await writeWholeFile(output, text);
  note(context, rule);
}
