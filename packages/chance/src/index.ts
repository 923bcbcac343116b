/** @file The public names of the package. */
export {
  between,
  drawSeed,
  gauss,
  gaussian,
  hash,
  mulberry32,
  pick,
  pickOther,
  type Random,
  randomFor,
  seeded,
  seededRandom,
  shuffled,
} from "./random.ts";
