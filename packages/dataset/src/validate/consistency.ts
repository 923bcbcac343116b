/** @file Rules that must hold within one row; each broken rule is reported in one sentence. */

import { NO_WINNER, type PreferenceRow } from "../row.ts";

/** The columns that the rules check; values of an unchecked file may be null. */
export type Judged = {
  readonly [K in (typeof JUDGED)[number]]: PreferenceRow[K] | null | undefined;
};

/** The columns that the rules of a row look at, all of them columns of the original. None of them may be empty. */
export const JUDGED = [
  "are_different",
  "best_image_uid",
  "caption",
  "created_at",
  "has_label",
  "image_0_uid",
  "image_1_uid",
  "image_0_url",
  "image_1_url",
  "label_0",
  "label_1",
  "model_0",
  "model_1",
  "ranking_id",
  "user_id",
] as const;

interface Rule {
  /** A warning does not exclude the row. */
  readonly severity: "error" | "warning";
  /** What must hold, as a sentence that ends "..., but ". */
  readonly must: string;
  holds(row: Judged): boolean;
  found(row: Judged): string;
}

const isTie = (row: Judged) => row.label_0 === 0.5 && row.label_1 === 0.5;

/** The rules, by the code of their finding. */
const ROW_RULES: Readonly<Record<string, Rule>> = {
  CELL_EMPTY: {
    severity: "error",
    must: "every column of the original must have a value",
    holds: (row) => JUDGED.every((name) => row[name] !== null && row[name] !== undefined),
    found: (row) => `${JUDGED.filter((name) => row[name] === null || row[name] === undefined).join(", ")} is empty`,
  },
  CAPTION_BLANK: {
    severity: "error",
    must: "the caption must be a prompt",
    holds: ({ caption }) => Boolean(caption?.trim()),
    found: () => "it is blank",
  },
  LABELS: {
    severity: "error",
    must: "label_0 and label_1 must be 1 and 0, 0 and 1, or 0.5 and 0.5",
    holds: (row) => isTie(row) || (row.label_0 === 1 && row.label_1 === 0) || (row.label_0 === 0 && row.label_1 === 1),
    found: (row) => `they are ${row.label_0} and ${row.label_1}`,
  },
  HAS_LABEL: {
    severity: "error",
    must: "has_label must be false for ties and true otherwise",
    holds: (row) => row.has_label === !isTie(row),
    found: (row) => `it is ${row.has_label} with labels ${row.label_0} and ${row.label_1}`,
  },
  BEST_IMAGE: {
    severity: "error",
    must: `best_image_uid must be the uid of the image with label 1, or "${NO_WINNER}" for a tie`,
    holds: (row) => row.best_image_uid === (isTie(row) ? NO_WINNER : row.label_0 === 1 ? row.image_0_uid : row.image_1_uid),
    found: (row) => `it is ${JSON.stringify(row.best_image_uid)} with labels ${row.label_0} and ${row.label_1}`,
  },
  ARE_DIFFERENT: {
    severity: "error",
    must: "are_different must say whether model_0 and model_1 differ",
    holds: (row) => row.are_different === (row.model_0 !== row.model_1),
    found: (row) => `it is ${row.are_different} for ${JSON.stringify(row.model_0)} and ${JSON.stringify(row.model_1)}`,
  },
  SAME_IMAGE: {
    severity: "warning",
    must: "the two images must have different uids",
    holds: (row) => row.image_0_uid !== row.image_1_uid,
    found: (row) => `both are ${JSON.stringify(row.image_0_uid)}`,
  },
};

/** A rule that a row breaks. `code` is the name of the rule, such as "LABELS", and is stable. */
export interface Problem {
  readonly code: string;
  readonly severity: "error" | "warning";
  /** "label_0 and label_1 must be ..., but they are 1 and 1". */
  readonly text: string;
}

/** Returns the rules that a row breaks. With an empty cell only the first, because the others would follow from it. */
export function problemsOf(row: Judged): Problem[] {
  const problems: Problem[] = [];
  for (const [code, { severity, must, holds, found }] of Object.entries(ROW_RULES)) {
    if (!holds(row)) problems.push({ code, severity, text: `${must}, but ${found(row)}` });
    if (code === "CELL_EMPTY" && problems.length > 0) break;
  }
  return problems;
}
