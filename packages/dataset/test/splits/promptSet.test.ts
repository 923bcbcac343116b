import { join } from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../src/read/read.ts";
import { samplePrompts } from "../../src/splits/promptSet.ts";
import { writeDataset } from "../../src/write/write.ts";
import { sampleRecords, sampleSource, temporaryFolder } from "../sample.ts";

test("a set of prompts has as many as were asked for, each of another person, and all of them where there are no more, be it one", async () => {
  const records = sampleRecords(30);
  const open = async (chosen: typeof records) => {
    const folder = join(await temporaryFolder(), "dataset");
    await writeDataset(sampleSource(chosen), folder, { images: false, seed: 0, name: "x", license: "mit", heldOutPrompts: 4 });
    return openDataset(folder);
  };
  const whole = await open(records);
  const different = new Set(records.map(({ caption }) => caption));
  const some = await samplePrompts(whole, { count: 9, seed: 1 });
  const people = some.prompts.map((prompt) => records.find(({ caption }) => caption === prompt)?.user_id);
  expect([some.prompts.length, new Set(people).size]).toEqual([9, 9]);
  expect((await samplePrompts(whole, { count: 9, seed: 1 })).prompts).toEqual(some.prompts);
  expect((await samplePrompts(whole, { count: 9, seed: 2 })).prompts).not.toEqual(some.prompts);
  const all = await samplePrompts(whole, { count: 1000, seed: 1 });
  expect([new Set(all.prompts), all.prompts.length]).toEqual([different, different.size]);
  const one = await samplePrompts(await open(records.slice(0, 1)), { count: 5, seed: 1 });
  expect(one).toEqual({
    prompts: [records[0]?.caption],
    rule: "1 of 1 prompt, drawn in turns from 1 person, seed 1.",
  });
});
