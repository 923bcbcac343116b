/** @file Unused exports when tests do not count as users: run with `--production`, so that only entries with a "!" are looked at. */
import type { KnipConfig } from "knip";

/** The TypeScript that a README shows is a user of what it imports; test/readme.test.ts runs it. */
const examplesOf = (text: string): string => [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code).join("\n");

export default {
  workspaces: {
    ".": {
      entry: [
        "scripts/*.{mjs,ts}!",
        "scripts/pack/{main,node22}.ts!",
        "scripts/mutation/{runner,setup,vitest.config}.ts!",
        "bench/**/*.ts!",
        "README.md!",
      ],
    },
    "packages/*": { entry: ["README.md!"], includeEntryExports: true },
    "packages/cli": { entry: ["src/main.ts!", "bin/start.mjs!", "README.md!"], includeEntryExports: true },
    "packages/toyworld": { entry: ["src/make-vocabulary.ts!", "README.md!"], includeEntryExports: true },
    "packages/web": {
      entry: ["src/main.tsx!", "src/pagesPlugin.ts!", "vite.config.ts!", "README.md!"],
      includeEntryExports: true,
    },
  },
  compilers: { md: examplesOf },
  ignore: ["packages/graph/src/onnx/*_pb.*", "**/test/**", "fixtures/**", "**/*.md"],
  // What its own file uses is not dead, though it may be exported for a test only.
  ignoreExportsUsedInFile: true,
} satisfies KnipConfig;
