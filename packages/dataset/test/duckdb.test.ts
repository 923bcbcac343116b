/** @file What the optional package DuckDB is asked, and what is said without it. */

import { expect, test } from "vitest";
import { askDatasets } from "../src/duckdb.ts";

test("without the optional package, the error names it and says how to install it", async () => {
  const missing = () => Promise.reject(new Error("Cannot find package '@duckdb/node-api'"));
  await expect(askDatasets({}, async () => undefined, missing)).rejects.toThrow(/npm install @duckdb\/node-api/);
});
