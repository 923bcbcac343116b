/** @file Public names of @pickapic/toyworld. */

export { toyBackend } from "./backend.ts";
export { sampleCaption, writeCaption } from "./caption.ts";
export type { Check, Depiction, ShownThing } from "./depiction.ts";
export { describeImage } from "./depiction.ts";
export type { Attribute } from "./generators.ts";
export type { LoopSettings, SimulatedRanking } from "./loop.ts";
export { simulateRankings } from "./loop.ts";
export type { Choice, PeopleSettings, PersonParameters, SimulatedPerson, Taste } from "./people.ts";
export { expert, person, utility } from "./people.ts";
export { type Photograph, photographOf } from "./photographs.ts";
export type { Pixels } from "./rendering/pixels.ts";
export { renderDepiction, renderImage, renderPixels } from "./rendering/render.ts";
export type { Background, Color, Relation, Scene, Style, Thing } from "./scene.ts";
