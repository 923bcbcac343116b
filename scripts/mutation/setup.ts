/** @file Runs before each test file of a mutation run: a property takes fewer examples, and shows the first that fails instead of the smallest. */
import fc from "fast-check";

fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: 25, endOnFailure: true });
