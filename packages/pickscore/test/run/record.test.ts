import { expect, test } from "vitest";
import { parseRecord } from "../../src/run/record.ts";

const record = { format: 1, kind: "pickscore", settings: {}, versions: {}, step: 0, best: null, finished: false };
const execution = { device: "cpu", precision: "float16" };

test.each(["execution", "place"])("device and precision are read under the name %s, which a version used", (name) => {
  const read = parseRecord(JSON.stringify({ ...record, [name]: execution }), "run.json");
  expect(read.execution).toEqual(execution);
  expect(read).not.toHaveProperty("place");
});

test("without a device, as in the records of the first versions, there is none", () => {
  expect(parseRecord(JSON.stringify(record), "run.json").execution).toBeUndefined();
});
