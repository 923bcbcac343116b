/**
 * @file Multimodal RewardBench 2: pairs of answers, of which the text-to-image ones are read, each with one picture for a prompt of
 * text. Source: README.md, benchmark/t2i_response_only.json and benchmark/build_from_hf.py of facebookresearch/MMRB2 on GitHub: json
 * (prompt_content, response_a.response_content, chosen), and the Parquet of rl-research/multimodal-rewardbench-2 (prompt_text,
 * prompt_images, response_a_images, chosen).
 */

import { shown } from "@pickapic/errors";
import type { ForeignCells } from "../file.ts";
import { type Format, fieldOf, listIn, perRow, textOf, unreadable } from "./format.ts";

/** The reader of MMRB2. */
export const MMRB2: Format = {
  recognises: (columns) =>
    (columns.has("response_a") && columns.has("response_b") && (columns.has("chosen") || columns.has("human_preference"))) ||
    (columns.has("response_a_images") && columns.has("chosen")),
  read: perRow((cells) => {
    const chosen = textOf(cells.chosen ?? cells.human_preference).toUpperCase();
    if (chosen !== "A" && chosen !== "B")
      return unreadable("LABELS", `chosen must be A or B; got ${shown(cells.chosen ?? cells.human_preference)}`);
    const prompt = promptOf(cells);
    if (prompt === undefined)
      return unreadable("TASK", "the row has no prompt: build t2i.json with the benchmark's own run_release.sh first");
    const [a, b] = [picturesOf(cells, "a"), picturesOf(cells, "b")];
    if (prompt.pictures > 0 || a.length !== 1 || b.length !== 1)
      return unreadable(
        "TASK",
        `expected one picture in each answer and none in the prompt; there are ${a.length}, ${b.length} and ${prompt.pictures}`,
      );
    const models = [modelOf(cells, "a"), modelOf(cells, "b")] as const;
    return [
      {
        caption: prompt.text,
        pictures: [a[0], b[0]],
        choice: chosen === "A" ? 0 : 1,
        models: models[0] === "" || models[1] === "" ? null : models,
        person: null,
        createdAt: null,
        share: null,
      },
    ];
  }),
};

type Side = "a" | "b";

/** Parts such as ["text", "..."] and ["image", "images/x.jpg"] of one kind. */
function partsOf(content: unknown, kind: "text" | "image"): unknown[] {
  const parts = (listIn(content) ?? []).map((part) => listIn(part) ?? []);
  return parts.filter(([type]) => type === kind).map(([, value]) => value);
}

function promptOf(cells: ForeignCells): { readonly text: string; readonly pictures: number } | undefined {
  if (cells.prompt_text !== undefined) return { text: textOf(cells.prompt_text), pictures: listIn(cells.prompt_images)?.length ?? 0 };
  if (cells.prompt_content === undefined) return undefined;
  const text = partsOf(cells.prompt_content, "text").map(textOf).join("\n");
  return { text, pictures: partsOf(cells.prompt_content, "image").length };
} // biome-ignore format: short cases first

function picturesOf(cells: ForeignCells, side: Side): readonly unknown[] {
  const images = listIn(cells[`response_${side}_images`]);
  return images ?? partsOf(fieldOf(cells[`response_${side}`], "response_content"), "image");
}

function modelOf(cells: ForeignCells, side: Side): string {
  const response = cells[`response_${side}`];
  return textOf(fieldOf(response, "model_name") ?? fieldOf(response, "model") ?? cells[`response_${side}_model`]);
}
