import { defineConfig } from "vitest/config";

/** Packages of pure functions: their test files share one process each, which saves importing every module again for each file. */
const PURE =
  "packages/{chance,clip,dataset,disk,errors,evaluation,generation,graph,hub,pictures,report,toyworld}/test/**/*.test.ts";

export default defineConfig({
  test: {
    // Sessions of the engine and PostgreSQL take threads of their own; tests that wait for them leave a core to a third file.
    pool: "forks",
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A machine that runs three files on two cores may leave a process without a turn for seconds.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      { extends: true, test: { name: "pure", include: [PURE], isolate: false } },
      {
        extends: true,
        test: {
          name: "whole",
          include: ["packages/*/test/**/*.test.{ts,tsx}", "test/**/*.test.ts"],
          exclude: [PURE, "**/node_modules/**"],
        },
      },
    ],
  },
});
