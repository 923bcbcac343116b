/** @file Prompt templates: the same prompt in different styles (section 7 of the paper). The bare prompt is one of them. */

import type { ParsedPrompt } from "./prompt.ts";
import builtIn from "./templates.json" with { type: "json" };

/** Words around a prompt that ask for a style, with a negative prompt that keeps other styles away. */
export interface PromptTemplate {
  name: string;
  /** Contains `{prompt}` once. */
  prompt: string;
  negativePrompt: string;
}

/** The template that leaves the prompt as it is and adds nothing to the negative prompt. */
export const BARE: PromptTemplate = { name: "bare", prompt: "{prompt}", negativePrompt: "" };

/**
 * Twenty templates, the bare prompt first: the file templates.json of this package. The first style is printed in the paper; the
 * others follow its form. `readTemplates` reads a file of the same form.
 */
export const promptTemplates: readonly PromptTemplate[] = builtIn;

/** Applies a template to a prompt. The template's negative prompt goes before the user's. */
export function applyTemplate(template: PromptTemplate, { prompt, negativePrompt }: ParsedPrompt): ParsedPrompt {
  return {
    // A function, because "$&" in a prompt must stay text.
    prompt: template.prompt.replace("{prompt}", () => prompt),
    negativePrompt: [template.negativePrompt, negativePrompt].filter((part) => part !== "").join(", "),
  };
}
