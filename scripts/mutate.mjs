/** @file `npm run mutate -- packages/<name>[/src/...]`: changes the sources in small ways and shows which changes no test notices. */
import { delimiter, join } from "node:path";
import { become } from "./child.mjs";
import { installWhenNeeded, NODE, ROOT } from "./install.mjs";

installWhenNeeded();
// Child processes of the tests find Node 24 first, whatever the system has.
const PATH = [join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter);
process.exitCode = await become(NODE, [`${ROOT}scripts/mutation.ts`, ...process.argv.slice(2)], {
  cwd: ROOT,
  env: { ...process.env, PATH },
});
