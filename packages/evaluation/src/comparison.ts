/** @file One game between two players (models, configurations, prompt templates). */

export interface Comparison {
  readonly a: string;
  readonly b: string;
  /** 1: a was preferred; 0: b was; 0.5: a tie. */
  readonly outcome: 1 | 0.5 | 0;
  /** Games of one cluster (one person, one prompt) stand or fall together in a bootstrap; each its own by default. */
  readonly cluster?: string;
}
