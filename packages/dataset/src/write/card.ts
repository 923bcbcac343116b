/** @file The dataset card: README.md with the YAML front matter that the Hugging Face hub and `datasets` read. */

import { jsonOf } from "@pickapic/errors";
import { isUnlimited, type ReleaseLimits } from "../columns/limits.ts";
import { type Column, dateOf, SPLITS, type Split } from "../row.ts";
import { frontMatterOf } from "./frontMatter.ts";

/** What the card says of a dataset. Only `splits` includes the unique splits, which repeat rows of the others. */
export interface CardFacts {
  readonly name: string;
  readonly license: string | undefined;
  readonly images: boolean;
  readonly columns: readonly Column[];
  readonly splits: Readonly<Record<Split, { readonly rows: number; readonly prompts: number; readonly bytes: number }>>;
  readonly rankings: number;
  readonly ties: number;
  readonly people: number;
  readonly models: readonly string[];
  /** Rows that a simulated person answered. */
  readonly simulated: number;
  readonly consentVersions: readonly string[];
  /** Nanoseconds since 1970 UTC; undefined without rows. */
  readonly first: bigint | undefined;
  readonly last: bigint | undefined;
  /** Seed of the splits; undefined where they were not drawn. */
  readonly seed?: number | undefined;
  /** The number of the release. */
  readonly release: number;
  readonly rule: string;
  /** What was left out on purpose. Default: nothing. */
  readonly limits?: ReleaseLimits | undefined;
  /** What was left out of the dataset from which this one was taken, a sentence each. Default: nothing. */
  readonly earlierLimits?: readonly string[] | undefined;
}

/** Returns the whole README.md. Two exports of the same rankings give the same text. */
export function datasetCard(facts: CardFacts): string {
  return [
    frontMatter(facts),
    `# ${facts.name}\n`,
    notice(facts),
    summary(facts),
    splitTable(facts),
    columnTable(facts),
    collection(facts),
    leftOut(facts),
    limitations(facts),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** The licence that the front matter of a card names; undefined where it names none, or "unknown". */
export function licenseIn(card: string): string | undefined {
  const license = /^license:[ \t]*["']?([^"'\r\n]+?)["']?[ \t]*$/m.exec(frontMatterOf(card))?.[1];
  return license === "unknown" ? undefined : license;
}

/** The title in the front matter of a card of ours; undefined where there is none. */
export function titleIn(card: string): string | undefined {
  const quoted = /^pretty_name:[ \t]*("(?:[^"\\]|\\.)*")[ \t]*$/m.exec(card)?.[1];
  const title = quoted === undefined ? undefined : jsonOf(quoted);
  return typeof title === "string" ? title : undefined;
}

/** What a card of ours says that was left out, a sentence each. */
export function leftOutIn(card: string): string[] {
  const [, section = ""] = card.split(`${LEFT_OUT}\n`);
  return [...(section.split("\n## ")[0] ?? "").matchAll(/^- (.*)$/gm)].map(([, sentence = ""]) => sentence);
}

/** A YAML string: any JSON string is one. */
const text = (value: string): string => JSON.stringify(value);

function frontMatter({ name, license, release, columns, splits, rankings, simulated }: CardFacts): string {
  // Python's `datasets` refuses a whole dataset because of one empty split, so empty splits are not listed.
  const announced = SPLITS.filter((split) => splits[split].rows > 0);
  const bytes = SPLITS.reduce((sum, split) => sum + splits[split].bytes, 0);
  return [
    "---",
    `pretty_name: ${text(name)}`,
    `license: ${text(license ?? "unknown")}`,
    `release: ${release}`,
    "task_categories:\n- text-to-image",
    "tags:\n- preference\n- pick-a-pic",
    ...(simulated > 0 ? ["- synthetic"] : []),
    `size_categories:\n- ${text(sizeCategory(rankings))}`,
    "configs:\n- config_name: default\n  data_files:",
    ...announced.map((split) => `  - split: ${split}\n    path: data/${split}-*`),
    "dataset_info:\n  features:",
    ...columns.map((column) => `  - name: ${column.name}\n    dtype: ${column.type}`),
    "  splits:",
    ...announced.map(
      (split) => `  - name: ${split}\n    num_bytes: ${splits[split].bytes}\n    num_examples: ${splits[split].rows}`,
    ),
    `  download_size: ${bytes}\n  dataset_size: ${bytes}`,
    "---\n",
  ].join("\n");
}

/** The size category, as the hub names it. */
function sizeCategory(rows: number): string {
  const steps: [number, string][] = [
    [1e3, "n<1K"],
    [1e4, "1K<n<10K"],
    [1e5, "10K<n<100K"],
    [1e6, "100K<n<1M"],
  ];
  return steps.find(([limit]) => rows < limit)?.[1] ?? "1M<n<10M";
}

function notice({ simulated, rankings }: CardFacts): string {
  if (simulated === 0) return "";
  const which = simulated === rankings ? "All rankings" : `${count(simulated)} of ${count(rankings)} rankings`;
  return (
    `> **Simulated.** ${which} in this dataset were made by simulated people, not by humans, over pictures of a toy world. They serve\n` +
    "> tests and demonstrations and say nothing about real preferences. The column `simulated` holds the parameters and the seed of each person.\n"
  );
}

function summary(facts: CardFacts): string {
  const { rankings, ties, people, models, first, last, images, license, release } = facts;
  const share = rankings === 0 ? 0 : Number(((100 * ties) / rankings).toFixed(1));
  const day = (time: bigint) => dateOf(time).toISOString().slice(0, 10);
  const period = first === undefined || last === undefined ? "" : `, made from ${day(first)} to ${day(last)}`;
  return (
    `Release ${release}. Preferences over pairs of generated images, in the format of [Pick-a-Pic](https://arxiv.org/abs/2305.01569): ${count(rankings)} rankings by ` +
    `${count(people)} people${period}; ${share} % are ties. Models: ${models.map((model) => `\`${model}\``).join(", ") || "none"}.\n` +
    `${images ? "The images are inside, as JPEG." : "This variant has no images; `image_0_url` and `image_1_url` say where they were served."}\n` +
    `${license ? `Licence: ${license}.` : "No licence was chosen when this dataset was exported: ask its publisher before you use it."}\n\n` +
    '```python\nfrom datasets import load_dataset\n\ndataset = load_dataset("path/to/this/folder")\n```\n'
  );
}

function splitTable({ splits, rule, seed }: CardFacts): string {
  const rows = SPLITS.map((split) => `| ${split} | ${count(splits[split].rows)} | ${count(splits[split].prompts)} |`);
  return (
    `## Splits\n\n| split | rankings | prompts |\n|---|---:|---:|\n${rows.join("\n")}\n\n${rule}${seed === undefined ? "" : ` (Seed ${seed}.)`}\n` +
    "No prompt is in two of train, validation and test. `validation_unique` and `test_unique` repeat exactly one ranking per prompt of\n" +
    "`validation` and `test`, by a different person each. `num_example_per_prompt` counts the rankings of a caption within its split.\n"
  );
}

const MEANINGS: Readonly<Record<string, string>> = {
  are_different: "whether the two models differ",
  best_image_uid: 'uid of the preferred image, or "none" for a tie',
  caption: "the prompt",
  created_at: "when the ranking was made, UTC",
  has_label: "false for ties",
  uid: "the same uid in several rows is the same image",
  url: "where the image was served",
  jpg: "the image as JPEG",
  label: "1 for the preferred image, 0 for the other, 0.5 each for a tie",
  model: "what generated the image",
  ranking_id: "unique",
  user_id: "the person who ranked, pseudonymous",
  num_example_per_prompt: "rankings of this caption within the split",
  __index_level_0__: "number of the ranking before the splits were made, as pandas left it in the original",
  seed: "seed of the generation",
  guidance_scale: "guidance scale of the generation",
  negative_prompt: "what the generation was told to avoid",
  steps: "denoising steps",
  scheduler: "sampler of the generation",
  slot_0: "where image 0 was shown: left or right",
  kept_image: "which image was kept from the answer before: 0, 1, or null when both were new",
  answer_ms: "time from showing to answering, ms",
  consent_version: "version of the consent text that the person agreed to",
  simulated: "JSON of the simulated person; null when a human answered",
  draw_probability:
    "probability with which the models of the pair were drawn, given the kept image; weight answers by its inverse to correct for models that were drawn more often",
};

function columnTable({ columns }: CardFacts): string {
  const meaning = (name: string) =>
    MEANINGS[name] ?? MEANINGS[name.replace(/_[01]$/, "")] ?? MEANINGS[name.replace(/^image_[01]_/, "")] ?? "";
  const rows = columns.map(({ name, type }) => `| \`${name}\` | ${type} | ${meaning(name)} |`);
  return `## Columns\n\nThe first ${columns.findIndex(({ kind }) => kind === "further")} are those of the original dataset; the rest are null where they were not recorded.\n\n| column | type | meaning |\n|---|---|---|\n${rows.join("\n")}\n`;
}

function collection({ consentVersions, simulated, rankings }: CardFacts): string {
  const consent = consentVersions.length > 0 ? ` (version ${consentVersions.join(", ")})` : "";
  const people =
    simulated === rankings && rankings > 0
      ? "The people were simulated and used the app's public interface as people do."
      : `Before their first prompt, people agreed that prompts, images and choices are released${consent}.`;
  return (
    "## How it was collected\n\n" +
    "A person writes a prompt and sees two images, blind: no model is named. They pick one, or say that neither is better (a tie). The rejected\n" +
    "image is replaced by a new one, the preferred one stays (after a tie, a random one), until the prompt changes. Each image has a guidance\n" +
    `scale drawn uniformly from 3 to 12, a seed and a model of its own. Each answer is one row.\n${people}\n` +
    "User ids are pseudonyms made for this dataset.\n"
  );
}

const LEFT_OUT = "## What was left out";

/** The limits of the release. How many rankings they left out is not said: that number grows while the release stays the same. */
function leftOut({ limits = {}, earlierLimits = [] }: CardFacts): string {
  if (isUnlimited(limits) && earlierLimits.length === 0) return "";
  const { from, before, differentModels, maxPerPerson, maxPerPrompt, maxTies } = limits;
  const time = (nanoseconds: bigint): string => dateOf(nanoseconds).toISOString();
  const sentences = [
    from === undefined ? null : `Rankings made before ${time(from)} are left out.`,
    before === undefined ? null : `Rankings made at ${time(before)} or later are left out.`,
    differentModels ? "Rankings of two images of one model are left out." : null,
    maxPerPerson === undefined ? null : `Of each person only the first ${count(maxPerPerson)} rankings are taken.`,
    maxPerPrompt === undefined ? null : `Of each prompt only the first ${count(maxPerPrompt)} rankings are taken.`,
    maxTies === undefined
      ? null
      : `At most ${Number((100 * maxTies).toFixed(2))} % of the rankings are ties; which of them stay was drawn.`,
  ].flatMap((sentence) => sentence ?? []);
  return [`${LEFT_OUT}\n`, ...new Set([...earlierLimits, ...sentences].map((sentence) => `- ${sentence}`)), ""].join("\n");
}

function limitations({ simulated, images }: CardFacts): string {
  return [
    "## Limitations\n",
    "- Rankings of one prompt share images and a person, and an image that stays has already won: rows are not independent. Measure on the",
    "  `*_unique` splits, and give intervals.",
    "- Prompts were written by the people who ranked them, and are no sample of any population.",
    "- Prompts are as people wrote them; images may be wrong, ugly or offensive in ways that no filter saw.",
    ...(simulated > 0 ? ["- Simulated rankings follow a formula: a model that learns them has learned the formula."] : []),
    ...(images ? [] : ["- Image addresses may stop working; the variant with images does not depend on them."]),
    "",
    "`SHA256SUMS` holds the checksums of all files: `sha256sum -c SHA256SUMS`.\n",
  ].join("\n");
}

const count = (n: number): string => n.toLocaleString("en-US");
