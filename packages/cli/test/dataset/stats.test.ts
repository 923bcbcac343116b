import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { pickapic } from "../terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "pickapic-cli-stats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const DATASET = join(import.meta.dirname, "../../../../fixtures/dataset/original");

test("the page is one file that loads nothing, with every figure, and says what was not recorded", async () => {
  const file = join(folder, "page.html");
  const { code, out, err } = await pickapic(["dataset", "stats", DATASET, "--format", "html", "--output", file]);
  expect({ code, out, err }).toEqual({ code: 0, out: `The figures of ${DATASET} are in ${file}.\n`, err: "" });
  const page = readFileSync(file, "utf8");
  expect(page.match(/<h2>[^<]+/g)).toEqual(
    ["Over time", "People", "Prompts", "Models", "Guidance scale", "Answers"].map((head) => `<h2>${head}`),
  );
  expect(page.match(/<svg /g)).toHaveLength(7);
  expect(page.match(/Not recorded in this dataset\./g)).toHaveLength(3); // Two of guidance and the answer times: the original left them out.
  expect(page).not.toMatch(/NaN|undefined|Infinity|https?:\/\/(?!www\.w3\.org)/);
  const wrong = await pickapic(["dataset", "stats", DATASET, "--output", file]);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/give --format html too/)]);
});
