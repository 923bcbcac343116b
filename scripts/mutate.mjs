/** @file `npm run mutate -- packages/<name>[/src/...]`: changes the sources in small ways and shows which changes no test notices. */
import { delimiter, join } from "node:path";
import { become } from "./child.mjs";
import { installWhenNeeded, NODE, ROOT } from "./install.mjs";

installWhenNeeded();
// Puts Node 24 first in the PATH, so that child processes of the tests use it.
const PATH = [join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter);
process.exitCode = await become(NODE, [`${ROOT}scripts/mutation.ts`, ...process.argv.slice(2)], {
  cwd: ROOT,
  env: { ...process.env, PATH },
});
