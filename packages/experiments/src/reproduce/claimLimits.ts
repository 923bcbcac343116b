/** @file What the toy world cannot show of the paper's claims, and why: told beside the figure, whatever comes out. The experiments behind the sentences are in docs/log.md. */

/** Sentences for the reader of a claim, by what the toy world lacks. */
export const LIMITS = {
  /** What guidance does to a Fréchet distance. */
  distance:
    "The toy world cannot show this, because guidance does to its generators what it does not do to real ones. With more guidance, real generators draw images that are more alike and less like photographs, and a Fréchet distance counts both. " +
    "Here, images of more guidance stay as varied as before, show more of what the captions name, and have stronger colours, which make up for some of the noise, blur and watercolour that photographs lack: that brings them nearer to the photographs. " +
    "Without those flaws and watercolour, the colours of guidance 9 do take images away from photographs (toy-xl from 0.043 to 0.049, toy-turbo from 0.043 to 0.103). The figure describes invented generators; it neither supports nor contradicts the paper.",
  /** By how much a scorer can be better than the distance. */
  lead: "The toy world shows this weakly at best: here the Fréchet distance agrees with experts as well, for the reason told with the claim above, so that little is left for PickScore to be better by. A small difference says nothing against the paper.",
  /** What users' prompts can be better at. */
  prompts:
    "The toy world cannot show this, because its captions lack nothing that users' prompts have: one grammar makes both, and experts want nearly the same of an image as authors do. " +
    "People's own win ratios over 1,500 captions order the twelve configurations as real use does already (correlation 0.97 to 1.00), those over 1,500 users' prompts too (0.99 to 1.00). A difference of about 0 is right here, and says nothing about real captions and prompts.",
} as const;
