/** @file Photographs of the toy world: pictures that no generator made, with captions that say what they show. They are the real images of a Fréchet distance. */

import { gauss, hash, type Random, seeded } from "@pickapic/chance";
import { sampleScene, writeCaption } from "./caption.ts";
import type { Depiction } from "./depiction.ts";
import { isScenery, SCENERIES, type Scene } from "./scene.ts";

/** A photograph: a caption in the manner of MS-COCO, and what the picture shows. */
export interface Photograph {
  caption: string;
  depiction: Depiction;
}

/**
 * How photographs look. Their colours are as plain as those of generated images at the lowest guidance (the mean of the generators at 3), because guidance
 * is what moves generated images away from the pictures that a generator has learned from. They have next to no flaws.
 */
const CAMERA = { vividness: 0.4, deviation: 0.09, noise: 0.03, blur: 0.03 };
/** How often a caption mentions a colour: things mostly have their natural one. */
const COLOURED = 0.25;

/** Takes a photograph of a scene. The same seed gives the same one. */
export function photographOf(seed: number): Photograph {
  const random = seeded("photograph", seed);
  const scene = sceneOf(random);
  const caption = writeCaption(scene, random);
  return { caption, depiction: { ...LOOK, ...shown(scene), ...qualityOf(random), composition: hash("photograph", seed) } };
}

/** What people see, not what they imagine: a scenery behind one or two things, no style. */
function sceneOf(random: Random): Scene {
  const { things, relation, background } = sampleScene(random);
  const behind = SCENERIES[Math.floor(random() * SCENERIES.length)] ?? "room";
  return {
    style: null,
    things: things.map((thing) => ({ ...thing, color: random() < COLOURED ? thing.color : null })),
    relation,
    background: background !== null && isScenery(background) ? background : behind,
  };
}

function shown(scene: Scene): Pick<Depiction, "asked" | "shown"> {
  const things = scene.things.map(({ object, count, color }, i) => ({
    asked: i === 0 ? (0 as const) : (1 as const),
    object,
    count: count ?? 1,
    color,
  }));
  const { relation, background } = scene;
  return { asked: scene, shown: { style: "flat", background: background ?? "room", things, relation } };
}

const LOOK = { checks: [], faithfulness: 1, artefacts: 0, burn: 0, noise: CAMERA.noise, blur: CAMERA.blur, polish: 0.96 };

function qualityOf(random: Random): Pick<Depiction, "vividness"> {
  return { vividness: Math.min(1, Math.max(0, CAMERA.vividness + CAMERA.deviation * gauss(random))) };
}
