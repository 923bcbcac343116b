/** @file The public names of this package: the command line as a function. */
export type { Context, Output } from "./context.ts";
export { run } from "./program.ts";
