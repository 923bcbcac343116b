/**
 * @file The text to which a person agrees before the first prompt. A changed text gets a new version, and everyone is asked
 * again.
 */

/** The present consent text (Markdown) and its version. */
export const CONSENT = {
  version: "2026-11-27",
  text: `## What happens with your choices

Pick-a-Pic collects people's preferences over generated images, for research. If you agree:

- **Your prompts, the images made from them and your choices may be published** as a dataset for everyone. Its licence is chosen by the operator
  of this site and named in the dataset. So may be published how each image was made, the time that an answer took, where on the screen each
  image stood, and which one had stayed from the answer before.
- **Your name and your account are not published.** In the dataset you are a random number. Prompts are published as you write them: do
  not write anything private, neither about yourself nor about others.
- **You may stop at any time.** The page “About” has a button to withdraw your agreement: then your answers are left out of every later release, and you can still
  read and download them. What was published before cannot be called back.
- **A picture can be reported.** The operator reads your report; it is not published.
- The images are made by machines. Some may be odd, or not what you asked for.

You should be 18 or older.`,
} as const;
