/** @file The README of a published package: what the one in the clone says, with links that lead somewhere outside of it. */
import { SCOPE } from "./manifest.ts";

/** Returns a README in which links to other packages lead to npm, and other relative links and pictures are the words that they have. */
export const publishedReadme = (text: string): string =>
  text.replace(/(!?)\[([^\]]*)\]\((\.{1,2}\/[^)\s]+)\)/g, (_link, picture: string, words: string, target: string) => {
    const name = /^\.\.\/([a-z]+)\/README\.md/.exec(target)?.[1];
    if (name && !picture) return `[${words}](https://www.npmjs.com/package/${SCOPE}${name})`;
    return words;
  });
