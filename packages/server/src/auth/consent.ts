/** @file What a person agrees to before the first prompt. A changed text gets a new version, and everybody is asked again. */

export const CONSENT = {
  version: "2026-11-24",
  text: `## What happens with your choices

Pick-a-Pic collects people's preferences over generated images, for research. If you agree:

- **Your prompts, the images made from them and your choices may be published** as an open dataset, under an open licence. So may the time
  that an answer took and where on the screen each image stood.
- **Your name and your account are not published.** In the dataset you are a random number. Prompts are published as you write them: do
  not write anything private, neither about yourself nor about others.
- **You may stop at any time.** The page “About” has a button to withdraw your agreement: then your answers are left out of every later release. What was published before
  cannot be called back.
- The images are made by machines. Some may be odd, or not what you asked for.

You should be 18 or older.`,
} as const;
