/** @file Adds a model to the text of models.yaml. The comments and the order of the file stay as they are. */

import { isSeq, parse, parseDocument } from "yaml";
import { parseModels } from "./file.ts";

/** Returns the value that a text would have as the value of a field in models.yaml: a number, a list, a text. */
export function fieldValue(text: string): unknown {
  return parse(text);
}

/**
 * Returns the text of models.yaml with one more model.
 * @param text the present text; an empty one for a new file
 * @param entry the fields of the entry, among them the field of its kind
 * @param source what the file is called in messages
 * @throws GenerationError PICKAPIC_MODELS_FILE_INVALID when the present text, or the text with the entry, has a fault
 */
export function withModel(text: string, entry: Readonly<Record<string, unknown>>, source: string): string {
  if (text.trim() !== "") parseModels(text, source);
  const document = parseDocument(text);
  const models = document.get("models");
  const added = document.createNode(entry);
  if (isSeq(models)) models.add(added);
  else document.set("models", document.createNode([entry]));
  const longer = document.toString({ lineWidth: 0 });
  parseModels(longer, source);
  return longer;
}
