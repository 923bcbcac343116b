/** @file The areas of the code whose mutants are tried together: their sources, and the test files that are asked about them. */

/** Some sources of one package, and the tests that are run on them. A path without a slash at its end names a file without its ending. */
interface Area {
  readonly package: string;
  /** Files or folders below the package's src. */
  readonly sources: readonly string[];
  /** Files or folders below the package's test. */
  readonly tests: readonly string[];
}

/** Each area by the name that `npm run mutate -- NAME` takes. */
export const AREAS: Readonly<Record<string, Area>> = {
  evaluation: ofTheSameNames("evaluation", ["accuracy", "elo", "correlation", "calibration"]),
  dataset: {
    package: "dataset",
    sources: ["splits/splits", "splits/groups", "splits/people", "splits/families", "splits/shortage", "row", "read/plan"],
    tests: ["splits/splits", "splits/groups", "splits/people", "splits/nearDuplicates", "splits/shortage", "row", "read/plan"],
  },
  pickscore: ofTheSameNames("pickscore", ["data/plan", "loss", "train/schedule", "score/rank"]),
  generation: {
    package: "generation",
    sources: ["backend", "prompt", "request", "templateFile", "templates", "http/", "models/", "best/"],
    // What a model hands to its kind is seen by programs and folders.
    tests: [
      "backend",
      "prompt",
      "request",
      "templates",
      "http/",
      "models/",
      "best/",
      "backends/command",
      "backends/serverProgram",
    ],
  },
  backends: { package: "generation", sources: ["backends/"], tests: ["backends/"] },
  judging: {
    package: "web",
    sources: [
      ...["keys/", "pair/waiting", "pair/proportions", "prompt/recent", "prompt/written", "prompt/counter", "prompt/prompts"],
      "round/",
    ].map((path) => `judge/${path}`),
    tests: ["judge/keys/", "judge/pair/", "judge/prompt/", "judge/round/"],
  },
  disk: { package: "disk", sources: [""], tests: [""] },
  rounds: { package: "server", sources: ["rounds/"], tests: ["rounds/", "rounds", "waysOut", "honest"] },
  comparisons: { package: "server", sources: ["comparisons/"], tests: ["comparisons/", "comparisons", "waysOut", "honest"] },
  http: {
    package: "server",
    sources: ["http/"],
    tests: ["http/", "comparisons/", "errors", "hosts", "limits", "streams"],
  },
  people: ofTheSameNames("toyworld", ["people"]),
};

function ofTheSameNames(name: string, files: readonly string[]): Area {
  return { package: name, sources: files, tests: files };
}

/** The paths of an area's sources, each as `npm run mutate` takes one. */
export const sourcesOf = (area: Area): readonly string[] =>
  area.sources.map((path) => `packages/${area.package}/src/${path}${isFolder(path) ? "" : ".ts"}`);

/** The paths of the test files and folders that are asked. */
export const testsOf = (area: Area): readonly string[] =>
  area.tests.map((path) => `packages/${area.package}/test/${path}${isFolder(path) ? "" : ".test.ts"}`);

const isFolder = (path: string): boolean => path === "" || path.endsWith("/");
