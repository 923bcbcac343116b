/** @file What an image of the toy world can show and a caption can ask for. */

/** The styles of an image; a caption may ask for one of them. */
export const STYLES = ["flat", "watercolour"] as const;
/** How an image is painted: in flat colours, or as a watercolour. */
export type Style = (typeof STYLES)[number];

/** The colours that a caption can name, for things and for backdrops. */
export const COLORS = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white"] as const;
/** A colour by the word that a caption uses for it. */
export type Color = (typeof COLORS)[number];

/** The relations that a caption can name: the first thing is left of, right of, above or below the second. */
export const RELATIONS = ["left of", "right of", "above", "below"] as const;
/** How the first thing of a caption lies relative to the second. */
export type Relation = (typeof RELATIONS)[number];

/** The backgrounds that are more than one colour. */
export const SCENERIES = ["meadow", "beach", "night", "room", "desert", "snow"] as const;
/** A background that is more than one colour. */
export type Scenery = (typeof SCENERIES)[number];

/** A plain background of one colour. */
type Backdrop = `${Color} backdrop`;
/** A scenery, or a plain backdrop of one colour. */
export type Background = Scenery | Backdrop;

/** Whether a background is more than one colour. */
export const isScenery = (background: Background): background is Scenery => SCENERIES.some((scenery) => scenery === background);

/** The backdrop of a colour. */
export const backdropOf = (color: Color): Backdrop => `${color} backdrop`;

/** The colour of a backdrop. */
export function colorOf(backdrop: Backdrop): Color {
  const found = COLORS.find((color) => backdropOf(color) === backdrop);
  if (!found) throw new Error(`colorOf: expected a backdrop of one of the colours ${COLORS.join(", ")}; got "${backdrop}"`);
  return found;
}

/** The plain backgrounds, one for each colour. */
export const BACKDROPS: readonly Backdrop[] = COLORS.map(backdropOf);
/** Every background that an image can have. */
export const BACKGROUNDS: readonly Background[] = [...SCENERIES, ...BACKDROPS];

/** A thing as a caption asks for it. */
export interface Thing {
  /** The object's word, as in the vocabulary. */
  object: string;
  /** 1...6; null: several, without a number. */
  count: number | null;
  /** Null: any colour. */
  color: Color | null;
}

/** What a caption asks for; null where it does not say. */
export interface Scene {
  style: Style | null;
  /** None, one or two. */
  things: readonly Thing[];
  relation: Relation | null;
  background: Background | null;
}

/** The same relation, seen from the second thing. */
export const OPPOSITE: Record<Relation, Relation> = {
  "left of": "right of",
  "right of": "left of",
  above: "below",
  below: "above",
};
