/** @file The name under which a browser saves a picture. */

/** Returns a file name without ending for a picture of a prompt: at most 60 letters, digits and hyphens; "picture" if the prompt has no letter or digit. */
export function fileNameOf(prompt: string): string {
  const words = prompt
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-/, "");
  return [...words].slice(0, 60).join("").replace(/-$/, "") || "picture";
}
