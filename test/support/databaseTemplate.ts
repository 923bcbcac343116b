/** @file Gives a run of the tests a folder for its database template (readyDatabase.ts), and removes it at the end. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Path of an empty folder for the database template of this run. */
    databaseTemplate: string;
  }
}

/** Runs once, before the first test; what it returns runs after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-template-"));
  project.provide("databaseTemplate", folder);
  return () => rm(folder, { recursive: true, force: true });
}
