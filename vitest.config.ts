import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Where compiled code is kept for the processes of the tests and for those that they start (the command, servers, the READMEs' examples): a start of the
 * command takes half the processor time. It is the folder that the command itself uses.
 */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("node_modules/.cache/pickapic", import.meta.url));

/** Files that take half a minute and more, which start first, so that none of them runs alone at the end. */
const LONGEST = [
  "packages/web/test/browser/",
  "packages/server/test/faults",
  "packages/cli/test/train/train",
  "packages/pickscore/test/steps/card",
  "packages/pickscore/test/run/resume",
  "packages/experiments/test/toy/clipToy",
  "packages/cli/test/score",
  "packages/cli/test/bin",
  "packages/cli/test/evaluate/evaluate",
  "test/readme",
  "packages/evaluation/test/interval",
];

/** Runs the longest files first and those of one project one after another, because a process is used again only for the next file of its project. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((beginning) => moduleId.includes(`/${beginning}`));
      return place < 0 ? LONGEST.length : place;
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
    // Many tests wait for processes, sockets and PostgreSQL; those leave a core to a further file.
    pool: "forks",
    maxWorkers: availableParallelism() + 1,
    setupFiles: ["test/support/setup.ts"],
    // A test takes seconds. A busy machine may take ten times as long, and only what hangs needs an end.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // A machine that runs three files on two cores may leave a process without a turn for seconds.
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
