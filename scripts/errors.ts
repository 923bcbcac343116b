/** @file Writes docs/errors.md from the tables of errors of all packages: `npx node scripts/errors.ts`. */
import { writeFileSync } from "node:fs";
import { ClipError } from "@pickapic/clip";
import { DatasetError } from "@pickapic/dataset";
import { type ErrorEntry, type ErrorTable, sampleText } from "@pickapic/errors";
import { GenerationError } from "@pickapic/generation";
import { GraphError } from "@pickapic/graph";
import { HubError } from "@pickapic/hub";
import { JudgeError } from "@pickapic/judge";
import { PickScoreError } from "@pickapic/pickscore";
import { PictureError } from "@pickapic/pictures";
import { ServerError } from "@pickapic/server";
import { CliError } from "../packages/cli/src/errors.ts";
import { ExperimentError } from "../packages/experiments/src/errors.ts";

/** The error table of each package, in the order of docs/architecture.md. */
export const TABLES: Readonly<Record<string, ErrorTable>> = {
  pictures: PictureError.table,
  graph: GraphError.table,
  clip: ClipError.table,
  hub: HubError.table,
  dataset: DatasetError.table,
  pickscore: PickScoreError.table,
  judge: JudgeError.table,
  generation: GenerationError.table,
  server: ServerError.table,
  experiments: ExperimentError.table,
  cli: CliError.table,
};

const HEAD = `# Errors

Every error that is meant for the user, by package. The code is stable: programs compare it. *Status* is that of the server's reply when the error
happens in a request; *exit* is the exit code of a command that ends with it (1 it failed, 2 it was used wrongly). Words in angle brackets stand for what came.

This page is written by \`npx node scripts/errors.ts\` from the tables in \`packages/*/src/errors.ts\`; a test compares the two.
`;

/** The whole page as Markdown. */
export function errorsPage(): string {
  const sections = Object.entries(TABLES).map(([name, table]) =>
    [`\n## ${name}\n`, "| code | status | exit | what it says |", "|---|---|---|---|", ...Object.entries(table).map(row)].join(
      "\n",
    ),
  );
  return `${HEAD}${sections.join("\n")}\n`;
}

function row([code, entry]: [string, ErrorEntry]): string {
  const cell = [entry.meaning, sampleText(entry)]
    .filter(Boolean)
    .join(" ")
    .replaceAll("|", "\\|")
    .replaceAll("\n", " ")
    .replaceAll("<", "&lt;");
  return `| \`${code}\` | ${entry.status ?? 500} | ${entry.exitCode ?? 1} | ${cell} |`;
}

if (import.meta.main) writeFileSync(new URL("../docs/errors.md", import.meta.url), errorsPage());
