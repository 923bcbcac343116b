/**
 * @file Simulated people: a hidden utility, noise, ties between close images, some carelessness. Experts do not know the author's
 * intent.
 */

import { gauss, pick, type Random, seeded } from "@pickapic/chance";
import type { GenerationRequest } from "@pickapic/generation";
import { type Check, checksFor, type Depiction, describeImage } from "./depiction.ts";
import { ATTRIBUTES, type Attribute } from "./generators.ts";
import type { Background } from "./scene.ts";

/** What a simulated person answers about the left and the right image. */
export type Choice = "left" | "right" | "tie";

/** Cost of missing each attribute, for the average person. */
const MISSES: Readonly<Record<Attribute, number>> = {
  object: 1,
  count: 0.35,
  color: 0.5,
  relation: 0.4,
  background: 0.5,
  style: 0.35,
};

/**
 * The settings of the average person, in units of utility. They were fixed before any training was looked at; docs/mathematics.md,
 * "The toy world", says how.
 */
export const PEOPLE = {
  misses: MISSES,
  /** Gain of full vividness, and cost of each flaw at 1. */
  vividness: 1.9,
  noise: 1.8,
  blur: 2.2,
  artefacts: 1.9,
  burn: 1.6,
  /** Log-normal deviation of each person's weights from the average. */
  weightSpread: 0.3,
  /**
   * An author has one favourite demand in each prompt: its weight is multiplied by `intent`, that of the others by `notIntent`.
   */
  intent: 2.5,
  notIntent: 0.5,
  /** Standard deviation of each taste. */
  taste: 0.3,
  /** Standard deviation of the noise on the difference of two utilities. */
  noiseOfChoice: 0.65,
  /** Smaller differences are ties. */
  tieBelow: 0.235,
  /** Share of answers given without looking. */
  careless: 0.04,
};

/** The settings of a population, of the same form as `PEOPLE`. */
export type PeopleSettings = typeof PEOPLE;

/** Experts differ from each other more than authors do, because they do not know what the author wanted. */
const EXPERTS: Partial<PeopleSettings> = { intent: 1, notIntent: 1, weightSpread: 0.6, taste: 0.6, noiseOfChoice: 1.45 };

/** Preferences that do not depend on the prompt. */
export interface Taste {
  watercolour: number;
  warm: number;
  dark: number;
  scenic: number;
}

/** Everything about a simulated person, as plain JSON. It is recorded with each answer. */
export interface PersonParameters {
  role: "author" | "expert";
  seed: number;
  misses: Record<Attribute, number>;
  vividness: number;
  noise: number;
  blur: number;
  artefacts: number;
  burn: number;
  taste: Taste;
  intent: number;
  notIntent: number;
  noiseOfChoice: number;
  tieBelow: number;
  careless: number;
}

/** A person with a hidden utility. It knows from the request what an image shows, so that no image has to be drawn. */
export interface SimulatedPerson {
  readonly parameters: PersonParameters;
  /** How much this person likes the image of a request, without noise. Demands are those of `prompt`; the request may say it in other words, such as a template's. */
  utility(prompt: string, request: GenerationRequest): number;
  /** How much this person likes an image with this depiction, made for `prompt`, without noise. */
  utilityOf(prompt: string, depiction: Depiction): number;
  /** Draws an answer to two images of these utilities, with the noise, ties and carelessness of `choose`. */
  decide(left: number, right: number, random: Random): Choice;
  /** Draws an answer to two images. Their sides do not matter, except to a careless answer. */
  choose(prompt: string, left: GenerationRequest, right: GenerationRequest, random: Random): Choice;
}

/** An author of prompts, who judges with an intent. The same seed gives the same person. */
export function person(seed: number, settings: Partial<PeopleSettings> = {}): SimulatedPerson {
  return simulated("author", seed, { ...PEOPLE, ...settings });
}

/** A person who judges other people's prompts: no intent, but a taste and noise. */
export function expert(seed: number, settings: Partial<PeopleSettings> = {}): SimulatedPerson {
  return simulated("expert", seed, { ...PEOPLE, ...EXPERTS, ...settings });
}

/** What the average person likes: no intent, no taste. No judge that knows only the population can do better. */
export function utility(depiction: Depiction): number {
  return utilityOf(depiction, AVERAGE, null);
}

const AVERAGE: PersonParameters = {
  ...PEOPLE,
  role: "expert",
  seed: 0,
  taste: { watercolour: 0, warm: 0, dark: 0, scenic: 0 },
  intent: 1,
  notIntent: 1,
};

function simulated(role: "author" | "expert", seed: number, settings: PeopleSettings): SimulatedPerson {
  const parameters = drawParameters(role, seed, settings);
  const like = (prompt: string, depiction: Depiction) =>
    utilityOf(depiction, parameters, intentOf(parameters, prompt, depiction.checks));
  const likeRequest = (prompt: string, request: GenerationRequest) => {
    const image = describeImage(request);
    return like(prompt, prompt === request.prompt ? image : { ...image, checks: checksFor(prompt, image) });
  };
  const decide = (left: number, right: number, random: Random): Choice => {
    if (random() < parameters.careless) return pick(random, ["left", "right", "left", "right", "tie"] as const);
    const difference = left - right + parameters.noiseOfChoice * gauss(random);
    return Math.abs(difference) < parameters.tieBelow ? "tie" : difference > 0 ? "left" : "right";
  };
  return {
    parameters,
    utility: likeRequest,
    utilityOf: like,
    decide,
    choose: (prompt, left, right, random) => decide(likeRequest(prompt, left), likeRequest(prompt, right), random),
  };
}

function drawParameters(role: "author" | "expert", seed: number, settings: PeopleSettings): PersonParameters {
  const random = seeded("person", role, seed);
  const weigh = (average: number) => round(average * Math.exp(settings.weightSpread * gauss(random)));
  const lean = () => round(settings.taste * gauss(random));
  const { intent, notIntent, noiseOfChoice, tieBelow, careless } = settings;
  return {
    role,
    seed,
    misses: byAttribute((attribute) => weigh(settings.misses[attribute])),
    vividness: weigh(settings.vividness),
    noise: weigh(settings.noise),
    blur: weigh(settings.blur),
    artefacts: weigh(settings.artefacts),
    burn: weigh(settings.burn),
    taste: { watercolour: lean(), warm: lean(), dark: lean(), scenic: lean() },
    intent,
    notIntent,
    noiseOfChoice,
    tieBelow,
    careless,
  };
}

/** Calls `of` for each attribute, in the order of ATTRIBUTES. */
function byAttribute(of: (attribute: Attribute) => number): Record<Attribute, number> {
  const values: Record<Attribute, number> = { ...MISSES };
  for (const attribute of ATTRIBUTES) values[attribute] = of(attribute);
  return values;
}

function round(v: number): number {
  return Math.round(v * 1000) / 1000;
}

/** The favourite demand of this author in this prompt, the same for every image of it. */
function intentOf({ role, seed }: PersonParameters, prompt: string, checks: readonly Check[]): Check | null {
  if (role === "expert" || checks.length === 0) return null;
  return pick(seeded("intent", seed, prompt), checks);
}

/** U = - sum of misses + vividness - flaws + taste */
function utilityOf(depiction: Depiction, person: PersonParameters, intent: Check | null): number {
  const { vividness, noise, blur, artefacts, burn } = depiction;
  const flaws = person.noise * noise + person.blur * blur + person.artefacts * artefacts + person.burn * burn;
  return person.vividness * vividness - flaws - cost(depiction.checks, person, intent) + tasteOf(depiction, person.taste);
}

/** Cost of the missed demands. A missing thing is missed once: its count and colour cost nothing more. */
function cost(checks: readonly Check[], person: PersonParameters, intent: Check | null): number {
  const gone = new Set(checks.filter((check) => check.attribute === "object" && !check.obeyed).map((check) => check.thing));
  let sum = 0;
  for (const check of checks) {
    if (check.obeyed || (check.attribute !== "object" && check.thing !== undefined && gone.has(check.thing))) continue;
    const atHeart = intent !== null && check.attribute === intent.attribute && check.thing === intent.thing;
    sum += person.misses[check.attribute] * (intent === null ? 1 : atHeart ? person.intent : person.notIntent);
  }
  return sum;
}

function tasteOf({ shown }: Depiction, taste: Taste): number {
  const [warm, dark, scenic] = MOOD[shown.background];
  return (shown.style === "watercolour" ? taste.watercolour : 0) + taste.warm * warm + taste.dark * dark + taste.scenic * scenic;
}

/** How warm (-1...1), dark (0...1) and scenic (0 or 1) each background is. */
const MOOD: Record<Background, readonly [warm: number, dark: number, scenic: number]> = {
  meadow: [0, 0, 1],
  beach: [-0.3, 0, 1],
  night: [-0.7, 1, 1],
  room: [0.4, 0, 1],
  desert: [1, 0, 1],
  snow: [-1, 0, 1],
  "red backdrop": [1, 0.3, 0],
  "orange backdrop": [1, 0, 0],
  "yellow backdrop": [0.8, 0, 0],
  "green backdrop": [-0.2, 0.2, 0],
  "blue backdrop": [-1, 0.3, 0],
  "purple backdrop": [-0.3, 0.5, 0],
  "pink backdrop": [0.6, 0, 0],
  "brown backdrop": [0.7, 0.5, 0],
  "black backdrop": [0, 1, 0],
  "white backdrop": [0, -0.3, 0],
};
