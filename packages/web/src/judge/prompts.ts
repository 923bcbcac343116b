/** @file Prompts to start from. The toy world can draw all of them; real generators like them too. */

export const EXAMPLE_PROMPTS: readonly string[] = [
  "two red apples left of a cat on a blue background",
  "a green dragon above a castle at night",
  "a watercolour of three ducks right of a boat by the sea",
  "a purple octopus below a rainbow on a white background",
  "an orange fox left of two mushrooms on a meadow",
  "a blue whale below a sailboat by the sea",
  "four pink tulips right of a rabbit on a meadow",
  "a brown bear left of a tent at night",
  "two blue butterflies above a sunflower on a meadow",
  "a red rocket above a house at night",
  "three green frogs left of an umbrella on a white background",
  "a flat illustration of a yellow camel in the desert",
  "a pink flamingo right of a palm tree by the sea",
  "two orange pumpkins left of a ghost at night",
  "a purple unicorn above a castle in the snow",
  "a red bicycle left of a house on a meadow",
  "a watercolour of two penguins in the snow",
  "a teapot right of three cupcakes in a cosy room",
  "a black cat above a red sofa in a room",
  "five yellow bees above a tulip on a meadow",
];

/** A prompt that differs from the last one. */
export function surprise(last: string, random: () => number): string {
  const others = EXAMPLE_PROMPTS.filter((prompt) => prompt !== last);
  return others[Math.floor(random() * others.length)]!;
}
