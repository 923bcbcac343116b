/** @file Prompt templates: the same prompt in different styles (section 7 of the paper). The bare prompt is one of them. */

import type { ParsedPrompt } from "./prompt.ts";

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
 * Twenty templates, the bare prompt first. The first style is printed in the paper; the others follow its form.
 * @public For `bestOf` with templates; no command passes them yet.
 */
export const promptTemplates: readonly PromptTemplate[] = [
  BARE,
  style(
    "cinematic",
    "cinematic photo {prompt} . 35mm photograph, film, bokeh, professional, 4k, highly detailed",
    "drawing, painting, crayon, sketch, graphite, impressionist, noisy, blurry, soft, deformed, ugly",
  ),
  style(
    "photographic",
    "photograph of {prompt} . natural light, sharp focus, true colours, highly detailed",
    "drawing, painting, cartoon, render, deformed, glitch, noisy, low contrast",
  ),
  style(
    "analog film",
    "analog film photo {prompt} . faded colours, light leak, grain of old film, vintage, nostalgic",
    "digital, render, drawing, cartoon, overexposed, deformed, ugly",
  ),
  style(
    "anime",
    "anime artwork {prompt} . clean lines, key visual, vibrant, studio quality, highly detailed",
    "photo, realism, 3d, black and white, deformed, ugly",
  ),
  style(
    "comic",
    "comic book page, {prompt} . bold ink, graphic illustration, flat colours, highly detailed",
    "photograph, realism, 3d, blurry, deformed, glitch, noisy",
  ),
  style(
    "concept art",
    "concept art of {prompt} . digital painting, matte, illustrative, highly detailed",
    "photo, photorealistic, realism, unfinished, ugly",
  ),
  style(
    "fantasy art",
    "ethereal fantasy art of {prompt} . magical, luminous, dreamy, epic, highly detailed",
    "photographic, plain, modern, gritty, deformed, ugly, low contrast",
  ),
  style(
    "line art",
    "line art drawing {prompt} . minimalist, clean contours, black ink on white paper",
    "photo, 3d, shading, colour, blurry, noisy, deformed, ugly",
  ),
  style(
    "low poly",
    "low-poly style {prompt} . polygons, facets, soft ambient light, highly detailed",
    "photo, realistic texture, noisy, blurry, deformed, ugly",
  ),
  style(
    "origami",
    "origami style {prompt} . folded paper, pleats, crisp creases, studio light",
    "painting, noisy, blurry, sloppy, deformed, ugly, realism",
  ),
  style(
    "pixel art",
    "pixel art of {prompt} . 16-bit, blocky, limited palette, crisp",
    "photo, smooth gradients, blurry, noisy, realism, deformed, ugly",
  ),
  style(
    "isometric",
    "isometric view of {prompt} . clean geometry, vibrant, centred, highly detailed",
    "perspective, photo, realism, noisy, blurry, deformed, ugly",
  ),
  style(
    "watercolour",
    "watercolour painting of {prompt} . wet on wet, soft edges, paper texture, delicate",
    "photo, hard edges, 3d, neon, deformed, ugly",
  ),
  style(
    "oil painting",
    "oil painting of {prompt} . visible brush strokes, rich colours, canvas, masterly",
    "photo, flat, digital, 3d, deformed, ugly",
  ),
  style(
    "pencil sketch",
    "pencil sketch of {prompt} . graphite, hatching, textured paper, fine lines",
    "photo, colour, 3d, smooth, blurry, deformed, ugly",
  ),
  style(
    "3d model",
    "professional 3d model of {prompt} . ray traced, soft shadows, volumetric light, highly detailed",
    "drawing, sketch, low poly, noisy, blurry, deformed, ugly",
  ),
  style(
    "clay",
    "play-dough style {prompt} . clay sculpture, stop motion, centred, soft light",
    "photo, drawing, sloppy, grainy, deformed, ugly",
  ),
  style(
    "neon punk",
    "neon punk style {prompt} . vaporwave, ultramarine shadows, magenta highlights, sleek, highly detailed",
    "painting, drawing, daylight, dull, noisy, deformed, ugly",
  ),
  style(
    "papercut",
    "layered papercut of {prompt} . depth, crisp edges, soft shadow between layers",
    "photo, painting, noisy, blurry, deformed, ugly",
  ),
];

/** Applies a template to a prompt. The template's negative prompt goes before the user's. */
export function applyTemplate(template: PromptTemplate, { prompt, negativePrompt }: ParsedPrompt): ParsedPrompt {
  return {
    // A function, because "$&" in a prompt must stay text.
    prompt: template.prompt.replace("{prompt}", () => prompt),
    negativePrompt: [template.negativePrompt, negativePrompt].filter((part) => part !== "").join(", "),
  };
}

function style(name: string, prompt: string, negativePrompt: string): PromptTemplate {
  return { name, prompt, negativePrompt };
}
