/** @file Which files a file of models names, and whether one of them has changed. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseModels } from "../../src/models/file.ts";
import { filesNamed, stampOf } from "../../src/models/named.ts";

const named = (text: string) => filesNamed(parseModels(text, "models.yaml"), "/there/models.yaml");

test("all files that entries name, and that of the secrets, are named from the folder of the file, each once", () => {
  expect(named("models:\n  - a1111: http://a\n")).toEqual([]);
  const text = `
secretsFile: ../secrets.env
models:
  - comfy: http://a
    name: one
    workflow: flows/w.json
    templates: styles.json
  - a1111: http://b
    templates: /other/styles.json
  - comfy: http://b
    name: two
    workflow: flows/w.json
`;
  expect(named(text)).toEqual(["/there/flows/w.json", "/there/styles.json", "/other/styles.json", "/secrets.env"]);
});

test("the stamp of files is another one when one of them is written, made or removed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-named-"));
  const [one, two] = [join(folder, "one"), join(folder, "two")];
  try {
    expect(await stampOf([one, two])).toBe("none, none");
    await writeFile(one, "a");
    const first = await stampOf([one, two]);
    expect(first).toMatch(/^[\d.]+ 1 \d+, none$/);
    await writeFile(one, "ab");
    expect(await stampOf([one, two])).not.toBe(first);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
