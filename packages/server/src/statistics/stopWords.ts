/** @file Words that the words chart leaves out, because they say nothing about what people ask for. */

const WORDS = `
  a an the and or nor but so yet if then than as of in on at to by for from with without within into onto upon over under above below beneath
  between behind beside besides among around about across against along through during before after near next toward towards off out up down
  left right top bottom middle front back side inside outside away apart together
  is are was were be been being am has have had having do does did doing done can could will would shall should may might must
  it its itself he him his she her hers they them their theirs we us our ours you your yours me my mine
  this that these those here there who whom whose which what where when while why how
  not no yes very really quite just only also too even still more most less least much many few some several any all both each every either
  other others another same such own like
  zero one two three four five six seven eight nine ten eleven twelve dozen hundred thousand million first second third single couple pair
  background backdrop picture image photo photograph photography painting drawing illustration illustrated art artwork style styled
  wearing made making looking showing holding set put get got`;

/** English articles, prepositions, pronouns, auxiliary verbs, number words, and general words about pictures, in lower case. */
export const STOP_WORDS: readonly string[] = WORDS.trim().split(/\s+/);
