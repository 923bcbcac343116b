/** @file The subject of a prompt by its words: a rough sorting for tables, editable in one place. The first subject with a match counts. */

/** Subjects and the words that tell them, whole words in lower case; a plural with s is found too. */
export const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
  people: "person people man men woman women girl boy child children baby portrait face king queen prince princess knight warrior soldier wizard witch astronaut dancer model selfie couple crowd actor actress samurai pirate".split(" "),
  animals: "animal cat kitten dog puppy bird horse fox wolf wolves lion tiger bear dragon fish whale shark elephant monkey rabbit owl eagle butterfly insect spider frog snake cow sheep pig mouse mice panda penguin duck dinosaur unicorn".split(" "),
  buildings: "house building castle tower city town village street room kitchen bedroom church temple bridge skyscraper architecture interior ruin cabin palace station".split(" "),
  vehicles: "car truck bus train ship boat plane airplane aircraft spaceship rocket bicycle bike motorcycle tank robot mech submarine".split(" "),
  landscapes: "landscape mountain forest beach sea ocean lake river desert sky sunset sunrise garden field meadow island waterfall valley jungle snow space planet galaxy moon".split(" "),
  food: "food cake bread pizza burger fruit apple banana orange lemon strawberry coffee tea wine beer soup sushi cheese chocolate pancake egg".split(" "),
  things: "chair table lamp book cup bottle vase clock sword shoe hat dress flower rose tree ball cube sphere box key guitar piano phone computer toy statue crystal".split(" "),
  "text and design": "logo poster text sign letter word font icon sticker pattern cover banner card diagram map".split(" "),
}; // biome-ignore format: a table of words

/** Prompts in which no word is known. */
export const OTHER_SUBJECTS = "other";

const KNOWN = new Map(
  Object.entries(SUBJECTS).flatMap(([subject, words]) => words.map((word): [string, string] => [word, subject])),
);
const RANK = new Map(Object.keys(SUBJECTS).map((subject, i): [string, number] => [subject, i]));

/** The subject of a prompt: of all subjects whose words are in it, the first of the table. */
export function subjectOf(prompt: string): string {
  const words = prompt.toLowerCase().match(/\p{L}+/gu) ?? [];
  const found = words.flatMap((word) => KNOWN.get(word) ?? KNOWN.get(word.replace(/s$/, "")) ?? []);
  const rank = (subject: string) => RANK.get(subject) ?? Number.POSITIVE_INFINITY;
  return found.reduce((best, subject) => (rank(subject) < rank(best) ? subject : best), OTHER_SUBJECTS);
}
