/** @file `npm run pack`: builds every package for publishing into dist-pack/. Plain JavaScript for Node 20 and newer. */
import { become } from "./child.mjs";
import { installWhenNeeded, NODE, ROOT } from "./install.mjs";

installWhenNeeded();
process.exitCode = await become(NODE, [`${ROOT}scripts/pack/main.ts`, ...process.argv.slice(2)], { cwd: ROOT });
