/** @file Suggests prompts, drawn from a small grammar. The toy world can paint all of them, and real generators can too. */

const COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white"];
const NUMBERS = ["two", "three", "four"];
const STYLES = ["a watercolour of", "a flat illustration of"];
const RELATIONS = ["left of", "right of", "above", "below"];
const PLACES = [
  "on a meadow",
  "by the sea",
  "at night",
  "in a cosy room",
  "in the desert",
  "in the snow",
  ...["white", "blue", "yellow", "pink"].map((colour) => `on a ${colour} background`),
];
/** Singular and plural. */
const THINGS: readonly (readonly [one: string, many: string])[] = [
  ["fox", "foxes"],
  ["cat", "cats"],
  ["dog", "dogs"],
  ["rabbit", "rabbits"],
  ["bear", "bears"],
  ["penguin", "penguins"],
  ["owl", "owls"],
  ["duck", "ducks"],
  ["frog", "frogs"],
  ["whale", "whales"],
  ["octopus", "octopuses"],
  ["butterfly", "butterflies"],
  ["snail", "snails"],
  ["dragon", "dragons"],
  ["unicorn", "unicorns"],
  ["camel", "camels"],
  ["flamingo", "flamingos"],
  ["hedgehog", "hedgehogs"],
  ["elephant", "elephants"],
  ["lion", "lions"],
  ["mushroom", "mushrooms"],
  ["sunflower", "sunflowers"],
  ["tulip", "tulips"],
  ["cactus", "cacti"],
  ["apple", "apples"],
  ["pear", "pears"],
  ["pumpkin", "pumpkins"],
  ["cupcake", "cupcakes"],
  ["teapot", "teapots"],
  ["umbrella", "umbrellas"],
  ["bicycle", "bicycles"],
  ["rocket", "rockets"],
  ["sailboat", "sailboats"],
  ["balloon", "balloons"],
  ["castle", "castles"],
  ["tent", "tents"],
  ["house", "houses"],
  ["guitar", "guitars"],
  ["robot", "robots"],
  ["snowman", "snowmen"],
];

/** The probability, 0...1, that a prompt contains each optional part. */
const SHARES = { style: 0.35, several: 0.4, colour: 0.65, second: 0.6, place: 0.75 };

/** One prompt, such as "two red foxes left of a castle in the snow". `random` gives numbers in [0, 1). */
export function drawPrompt(random: () => number): string {
  const first = pick(THINGS, random);
  const others = THINGS.filter((thing) => thing !== first);
  const second = random() < SHARES.second ? [pick(RELATIONS, random), nounOf(pick(others, random), random)] : [];
  const style = random() < SHARES.style ? [pick(STYLES, random)] : [];
  const place = random() < SHARES.place ? [pick(PLACES, random)] : [];
  return [...style, nounOf(first, random), ...second, ...place].join(" ");
}

/** Draws `count` different prompts, none of them equal to `but`. `random` gives numbers in [0, 1). */
export function drawPrompts(count: number, random: () => number, but = ""): string[] {
  const prompts = new Set<string>();
  while (prompts.size < count) {
    const prompt = drawPrompt(random);
    if (prompt !== but) prompts.add(prompt);
  }
  return [...prompts];
}

/** Draws at most `count` different texts of a list, none of them equal to `but` unless it is the only one. `random` gives numbers in [0, 1). */
export function drawSome(list: readonly string[], count: number, random: () => number, but = ""): string[] {
  const others = list.filter((text) => text !== but);
  const left = others.length > 0 ? others : [...list];
  const drawn: string[] = [];
  while (drawn.length < count && left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}

function nounOf([one, many]: readonly [string, string], random: () => number): string {
  const several = random() < SHARES.several;
  const colour = random() < SHARES.colour ? `${pick(COLOURS, random)} ` : "";
  if (several) return `${pick(NUMBERS, random)} ${colour}${many}`;
  return `${/^[aeio]|^umb/.test(colour + one) ? "an" : "a"} ${colour}${one}`;
}

function pick<T>(list: readonly T[], random: () => number): T {
  const picked = list[Math.floor(random() * list.length)];
  if (picked === undefined)
    throw new Error(`pick: expected a list with elements and numbers in [0, 1); the list has ${list.length}`);
  return picked;
}
