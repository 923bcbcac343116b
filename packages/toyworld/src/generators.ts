/** @file The four generators of the toy world and how they differ. The names are invented, the weaknesses realistic. */

import type { BackendModel } from "@pickapic/generation";

/** What a caption can ask for and a generator can miss. */
export const ATTRIBUTES = ["object", "count", "color", "relation", "background", "style"] as const;
/** One kind of demand of a caption, such as the number of things or their colour. */
export type Attribute = (typeof ATTRIBUTES)[number];

/** A text-to-image model of the toy world: how faithful, vivid and flawed its images are. */
export interface Generator {
  model: BackendModel;
  /** Probability that each attribute is met at guidance 7.5. */
  obey: Record<Attribute, number>;
  /** How much the log-odds of meeting a demand rise per unit of guidance. */
  obeyGain: number;
  /** Vividness 0...1 at guidance 3, and how much it gains up to guidance 12. */
  vividness: readonly [atThree: number, gain: number];
  /** Guidance above which images begin to burn. */
  burnsFrom: number;
  /** Typical amounts, 0...1. Each image draws its own amounts around them (`describeImage`). */
  noise: number;
  blur: number;
  artefacts: number;
  /** Share of watercolour images when the caption asks for no style. */
  watercolour: number;
}

/**
 * The generators. They differ in what they miss and how they look, so that people have reasons to prefer one image to another.
 */
export const GENERATORS: readonly Generator[] = [
  {
    model: { name: "toy-xl", title: "Toy XL", steps: 30, scheduler: "toy-euler", width: 512, height: 512 },
    obey: { object: 0.95, count: 0.8, color: 0.88, relation: 0.75, background: 0.93, style: 0.93 },
    obeyGain: 0.14,
    vividness: [0.38, 0.42],
    burnsFrom: 10,
    noise: 0.06,
    blur: 0.1,
    artefacts: 0.1,
    watercolour: 0.3,
  },
  {
    model: { name: "toy-turbo", title: "Toy Turbo", steps: 4, scheduler: "toy-lcm", width: 512, height: 512 },
    obey: { object: 0.91, count: 0.65, color: 0.82, relation: 0.6, background: 0.87, style: 0.8 },
    obeyGain: 0.08,
    vividness: [0.55, 0.38],
    burnsFrom: 7.5,
    noise: 0.05,
    blur: 0.2,
    artefacts: 0.24,
    watercolour: 0.1,
  },
  {
    model: { name: "toy-dream", title: "Toy Dream", steps: 25, scheduler: "toy-dpm", width: 512, height: 512 },
    obey: { object: 0.88, count: 0.62, color: 0.72, relation: 0.55, background: 0.85, style: 0.62 },
    obeyGain: 0.18,
    vividness: [0.42, 0.5],
    burnsFrom: 9,
    noise: 0.1,
    blur: 0.12,
    artefacts: 0.14,
    watercolour: 0.8,
  },
  {
    model: { name: "toy-classic", title: "Toy Classic", steps: 50, scheduler: "toy-pndm", width: 512, height: 512 },
    obey: { object: 0.82, count: 0.5, color: 0.62, relation: 0.4, background: 0.75, style: 0.7 },
    obeyGain: 0.2,
    vividness: [0.22, 0.42],
    burnsFrom: 11,
    noise: 0.2,
    blur: 0.22,
    artefacts: 0.26,
    watercolour: 0.4,
  },
];
