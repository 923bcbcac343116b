/**
 * @file The hidden truth about a toy image: what the request asked for, what the image shows, and how well it is made. It is
 * computed without drawing; rendering then draws exactly this.
 */

import { between, gauss, hash, pickOther, type Random, seeded } from "@pickapic/chance";
import type { CompleteRequest, GenerationRequest } from "@pickapic/generation";
import { completeRequest, GenerationError } from "@pickapic/generation";
import { type Attribute, GENERATORS, type Generator } from "./generators.ts";
import { parseCaption } from "./parse.ts";
import {
  BACKGROUNDS,
  type Background,
  COLORS,
  type Color,
  OPPOSITE,
  RELATIONS,
  type Relation,
  type Scene,
  STYLES,
  type Style,
} from "./scene.ts";
import { drawObject, objectOf, objects } from "./vocabulary.ts";

/** A thing as it is drawn. */
export interface ShownThing {
  /** Which thing of the caption it stands for, 0 or 1. */
  asked: 0 | 1;
  object: string;
  /** 1...6 */
  count: number;
  /** Null: the natural colours of the object. */
  color: Color | null;
}

/** One demand of the caption, and whether the image meets it. A red pear is not the red apple that was asked for. */
export interface Check {
  attribute: Attribute;
  /** The thing of the caption that the demand is about. */
  thing?: 0 | 1;
  obeyed: boolean;
}

/** What the image of a request shows and how well it is made: all that a simulated person looks at. */
export interface Depiction {
  asked: Scene;
  shown: {
    style: Style;
    background: Background;
    things: readonly ShownThing[];
    /** How the first thing lies relative to the second; null when there is only one. */
    relation: Relation | null;
  };
  checks: readonly Check[];
  /** Share of the checks that are met, 0...1; 1 when the caption demands nothing. */
  faithfulness: number;
  /** 0 is grey and flat, 1 is rich in colour and contrast. */
  vividness: number;
  /** Amounts of noise, blur, artefacts and burn, 0...1. */
  noise: number;
  blur: number;
  artefacts: number;
  burn: number;
  /** 1 minus the flaws, 0...1. */
  polish: number;
  /** Seed of the composition: where things stand and how the background lies. */
  composition: number;
}

/** The guidance at which vividness starts, the usual one, and the range over which vividness grows. */
const GUIDANCE = { low: 3, middle: 7.5, span: 9 };
/** How much images of one generator vary. */
const DEVIATION = { vividness: 0.09, burn: 1, flaw: 0.65 };
/** How fast images burn above their generator's limit. */
const BURN_PER_GUIDANCE = 0.2;

/**
 * Says what the image of a request shows. It depends only on prompt, model, seed and guidance. All else equal, more guidance
 * never loses an attribute that less guidance met.
 * @throws GenerationError PICKAPIC_MODEL_UNKNOWN, PICKAPIC_REQUEST_INVALID
 */
export function describeImage(asked: GenerationRequest): Depiction {
  const request = completeRequest(asked);
  const generator = generatorOf(request);
  const caption = parseCaption(request.prompt);
  const random = seeded("depiction", request.prompt, request.model, request.seed);
  const luck = new Luck(generator, request.guidanceScale, random);
  const { shown, checks } = show(caption, generator, luck, random);
  const quality = qualityOf(generator, request.guidanceScale, random);
  const obeyed = checks.filter((check) => check.obeyed).length;
  const faithfulness = checks.length === 0 ? 1 : obeyed / checks.length;
  return {
    asked: caption,
    shown,
    checks,
    faithfulness,
    ...quality,
    composition: hash("composition", request.prompt, request.model, request.seed),
  };
}

function generatorOf({ model, guidanceScale, seed }: CompleteRequest): Generator {
  if (!Number.isFinite(guidanceScale) || !Number.isFinite(seed))
    throw new GenerationError(
      "PICKAPIC_REQUEST_INVALID",
      "seed and guidanceScale",
      `both must be numbers; got ${seed} and ${guidanceScale}`,
    );
  const generator = GENERATORS.find((candidate) => candidate.model.name === model);
  if (generator) return generator;
  const names = GENERATORS.map((candidate) => candidate.model.name).join(", ");
  throw new GenerationError("PICKAPIC_MODEL_UNKNOWN", model, names);
}

/**
 * Decides whether the image meets each demand: one draw per demand, compared with the generator's probability at this guidance.
 */
class Luck {
  readonly checks: Check[] = [];
  readonly #generator: Generator;
  readonly #guidance: number;
  readonly #random: Random;

  constructor(generator: Generator, guidance: number, random: Random) {
    this.#generator = generator;
    this.#guidance = guidance;
    this.#random = random;
  }

  /** logit p = logit p(7.5) + gain (guidance - 7.5) */
  obeys(attribute: Attribute): boolean {
    const p = this.#generator.obey[attribute];
    const logOdds = Math.log(p / (1 - p)) + this.#generator.obeyGain * (this.#guidance - GUIDANCE.middle);
    return this.#random() < 1 / (1 + Math.exp(-logOdds));
  }

  /** Records a demand. */
  check(attribute: Attribute, obeyed: boolean, thing?: 0 | 1): void {
    this.checks.push(thing === undefined ? { attribute, obeyed } : { attribute, thing, obeyed });
  }
}

function show(asked: Scene, generator: Generator, luck: Luck, random: Random): Pick<Depiction, "shown" | "checks"> {
  const things = showThings(asked, luck, random);
  const relation = showRelation(asked, things.length, luck, random);
  const background = showBackground(asked, luck, random);
  const style = showStyle(asked, generator, luck, random);
  return { shown: { style, background, things, relation }, checks: luck.checks };
}

/** A missed thing is painted as something else, or left out if another one remains. */
function showThings(asked: Scene, luck: Luck, random: Random): ShownThing[] {
  if (asked.things.length === 0) return [{ asked: 0, object: imagine(random, []), count: 1, color: null }];
  const shown: ShownThing[] = [];
  const names = asked.things.map((thing) => thing.object);
  for (const [i, thing] of asked.things.entries()) {
    const at = i === 0 ? 0 : 1;
    const present = luck.obeys("object");
    const replaced = random() < 0.5 || (at === asked.things.length - 1 && shown.length === 0);
    const substitute = imagine(random, names);
    const drawn = showThing(thing, at, asked, luck, random);
    luck.check("object", present, at);
    if (thing.count !== null) luck.check("count", present && drawn.count === thing.count, at);
    if (thing.color !== null) luck.check("color", present && drawn.color === thing.color, at);
    if (present || replaced) shown.push(present ? drawn : { ...drawn, object: substitute });
  }
  return shown;
}

/** Draws an object that is none of `except`, which are two at most. */
function imagine(random: Random, except: readonly string[]): string {
  const drawn = drawObject(random);
  if (!except.includes(drawn)) return drawn;
  for (const { word } of objects) if (!except.includes(word)) return word;
  throw new Error(`imagine: expected at most two objects to avoid; got ${except.length}, which is all of them`);
}

function showThing(thing: Scene["things"][number], at: 0 | 1, asked: Scene, luck: Luck, random: Random): ShownThing {
  const countObeyed = luck.obeys("count");
  const wrongCount = missCount(thing.count ?? 1, random);
  const free = 2 + Math.floor(2 * random());
  const colorObeyed = luck.obeys("color");
  const wrongColor = missColor(thing, asked.things[1 - at]?.color ?? null, random);
  const count = thing.count === null ? free : countObeyed ? thing.count : wrongCount;
  const color = thing.color === null ? null : colorObeyed ? thing.color : wrongColor;
  return { asked: at, object: thing.object, count, color };
}

/** Returns a count that is off by one or two. */
function missCount(count: number, random: Random): number {
  const step = random() < 0.75 ? 1 : 2;
  const fewer = random() < 0.5;
  return fewer && count - step >= 1
    ? count - step
    : Math.min(6, count + step) === count
      ? count - step
      : Math.min(6, count + step);
}

/** The other thing's colour leaks, or the object keeps its natural colour, or it gets any other colour. */
function missColor({ object, color }: Scene["things"][number], leak: Color | null, random: Random): Color | null {
  const other = pickOther(random, COLORS, color);
  if (leak !== null && leak !== color && random() < 0.5) return leak;
  return objectOf(object).natural !== color && random() < 0.6 ? null : other;
}

function showRelation(asked: Scene, shown: number, luck: Luck, random: Random): Relation | null {
  const obeyed = luck.obeys("relation");
  const free = random() < 0.5 ? "left of" : "right of";
  const wrong = random() < 0.5 && asked.relation ? OPPOSITE[asked.relation] : pickOther(random, RELATIONS, asked.relation);
  if (asked.relation) luck.check("relation", obeyed && shown === 2);
  if (shown < 2) return null;
  return asked.relation === null ? free : obeyed ? asked.relation : wrong;
}

function showBackground({ background }: Scene, luck: Luck, random: Random): Background {
  const obeyed = luck.obeys("background");
  const other = pickOther(random, BACKGROUNDS, background);
  if (background) luck.check("background", obeyed);
  return background && obeyed ? background : other;
}

function showStyle({ style }: Scene, generator: Generator, luck: Luck, random: Random): Style {
  const obeyed = luck.obeys("style");
  const habit: Style = random() < generator.watercolour ? "watercolour" : "flat";
  if (style) luck.check("style", obeyed);
  if (!style) return habit;
  return obeyed ? style : pickOther(() => 0, STYLES, style);
}

function qualityOf(generator: Generator, guidance: number, random: Random) {
  const [atThree, gain] = generator.vividness;
  const vividness = clamp(atThree + (gain * (guidance - GUIDANCE.low)) / GUIDANCE.span + DEVIATION.vividness * gauss(random));
  const burn = clamp(BURN_PER_GUIDANCE * (guidance - generator.burnsFrom + DEVIATION.burn * gauss(random)));
  const noise = flaw(generator.noise, random);
  const blur = flaw(generator.blur, random);
  const artefacts = flaw(generator.artefacts, random);
  return { vividness, noise, blur, artefacts, burn, polish: clamp(1 - 0.6 * noise - 0.8 * blur - 0.8 * artefacts - 0.8 * burn) };
}

/** Draws the amount of a flaw, log-normal around the generator's typical amount: small in most images, large in some. */
function flaw(typical: number, random: Random): number {
  return clamp(typical * Math.exp(DEVIATION.flaw * gauss(random)) * between(random, 0.7, 1.3));
}

function clamp(v: number): number {
  return Math.min(1, Math.max(0, v));
}

/**
 * The demands of `prompt` and whether the image meets them, in the order of `Depiction.checks`. For the prompt that the image was made with
 * these are its own checks.
 */
export function checksFor(prompt: string, depiction: Depiction): readonly Check[] {
  const asked = parseCaption(prompt);
  if (asked === depiction.asked) return depiction.checks;
  const { shown } = depiction;
  return [
    ...asked.things.flatMap((thing, i) => thingChecks(thing, i === 0 ? 0 : 1, shown.things)),
    ...(asked.relation ? [{ attribute: "relation", obeyed: meetsRelation(asked, shown) } as const] : []),
    ...(asked.background ? [{ attribute: "background", obeyed: shown.background === asked.background } as const] : []),
    ...(asked.style ? [{ attribute: "style", obeyed: shown.style === asked.style } as const] : []),
  ];
}

function thingChecks({ object, count, color }: Scene["things"][number], thing: 0 | 1, shown: readonly ShownThing[]): Check[] {
  const drawn = shown.find((candidate) => candidate.object === object);
  const checks: Check[] = [{ attribute: "object", thing, obeyed: drawn !== undefined }];
  if (count !== null) checks.push({ attribute: "count", thing, obeyed: drawn?.count === count });
  if (color !== null) checks.push({ attribute: "color", thing, obeyed: drawn?.color === color });
  return checks;
}

/** The relation holds from the first thing that is shown to the second one. In the prompt these two may be the other way round. */
function meetsRelation({ things, relation }: Scene, shown: Depiction["shown"]): boolean {
  if (shown.relation === null) return false;
  const [first, second] = shown.things;
  const swapped = second?.object === things[0]?.object || first?.object === things[1]?.object;
  return (swapped ? OPPOSITE[shown.relation] : shown.relation) === relation;
}
