import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Where compiled code is kept for the processes of the tests and for those that they start (the command, servers, the READMEs' examples): a start of the
 * command takes half the processor time. It is the folder that the command itself uses.
 */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("node_modules/.cache/pickapic", import.meta.url));

/**
 * The longest files, which start first, so that none of them runs alone at the end. Those of the first list wait for a browser, a server or a process half
 * of their time; those of the second compute. They take turns, because files that wait side by side leave the processor idle.
 */
const LONGEST = {
  waiting: [
    "packages/web/test/browser/layout",
    "packages/web/test/browser/pages",
    "packages/server/test/faults",
    "packages/web/test/browser/judging",
    "packages/cli/test/bin",
    "packages/web/test/browser/waysOut",
    "packages/server/test/kill",
  ],
  computing: [
    "packages/pickscore/test/run/resume",
    "packages/cli/test/train/train",
    "packages/pickscore/test/steps/card",
    "packages/cli/test/score",
    "packages/dataset/test/foreign/import",
    "packages/cli/test/evaluate/evaluate",
    "packages/dataset/test/write/write",
    "packages/dataset/test/validate/validate",
    "packages/pickscore/test/resources/execution",
    "packages/pickscore/test/steps/deviceStepper",
    "test/readme",
    "packages/evaluation/test/interval",
    "packages/cli/test/reproduce",
    "packages/experiments/test/toy/clipToy",
  ],
};

/** The beginnings of the paths of the longest files in the order in which they start: two that compute follow each that waits. */
const STARTS = LONGEST.waiting.flatMap((beginning, i) => [beginning, ...LONGEST.computing.slice(2 * i, 2 * i + 2)]);

/** Runs the longest files first and those of one project one after another, because a process is used again only for the next file of its project. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = STARTS.findIndex((beginning) => moduleId.includes(`/${beginning}.`));
      return place < 0 ? STARTS.length : place;
    };
    const sorted = (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
    const projects = [...new Set(sorted.map(({ project }) => project.name))].sort((a, b) => (a < b ? 1 : -1));
    return projects.flatMap((name) => sorted.filter(({ project }) => project.name === name));
  }
}

/** The pages' own tests change the globals of the browser that they simulate, so that each file has a process of its own. */
const PAGES = "packages/web/test/**/*.test.{ts,tsx}";
const BROWSER = "packages/web/test/browser/*.test.ts";

export default defineConfig({
  test: {
    // Many tests wait for processes, sockets and PostgreSQL; those leave a core to two further files.
    pool: "forks",
    maxWorkers: availableParallelism() + 2,
    setupFiles: ["test/support/setup.ts"],
    // A test takes seconds. A busy machine may take ten times as long, and only what hangs needs an end.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // A machine that runs four files on two cores may leave a process without a turn for seconds.
    expect: { poll: { timeout: 20_000 } },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // These files share processes, which saves importing every module again for each file.
        extends: true,
        test: {
          name: "shared",
          include: ["packages/*/test/**/*.test.ts", BROWSER, "test/**/*.test.ts"],
          exclude: ["packages/web/test/!(browser)/**", "packages/web/test/*.test.ts", "**/node_modules/**"],
          isolate: false,
          // Node runs the TypeScript itself, as it does for users. Vitest's own runner reads each import through a getter, which makes inner loops take
          // two and a half times as long. So vi.mock is not available to these files.
          experimental: { viteModuleRunner: false, nodeLoader: false },
          globalSetup: ["test/support/runFolder.ts"],
        },
      },
      { extends: true, test: { name: "pages", include: [PAGES], exclude: [BROWSER, "**/node_modules/**"] } },
    ],
  },
});
