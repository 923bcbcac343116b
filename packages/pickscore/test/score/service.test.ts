import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { loadScorer, openScorer, rank } from "../../src/index.ts";
import { startProcess } from "../../src/score/serviceProcess.ts";
import { picture, temporaryFolder, tinyClip } from "../tinyClip.ts";

async function opened() {
  const folder = temporaryFolder();
  // The command passes the options of every kind of scorer, functions among them, which no other process can be sent.
  const options = { threads: 1, onRepeated: () => {} };
  const scorer = await openScorer(await tinyClip(join(folder, "tiny")), options);
  onTestFinished(() => scorer.close());
  const files = await Promise.all((["red", "green", "blue"] as const).map((color, i) => savePicture(folder, color, i)));
  return { folder, scorer, files };
}

async function savePicture(folder: string, color: "red" | "green" | "blue", seed: number): Promise<string> {
  writeFileSync(join(folder, `${color}.png`), await picture(color, seed));
  return join(folder, `${color}.png`);
}

/** Processes of this one's that run the service's child. */
const children = (): number[] =>
  execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes("serviceChild"))
    .map((line) => Number.parseInt(line, 10));

test("the child scores as this process does, whether images come as paths or as bytes, alone or together", async () => {
  const { folder, scorer, files } = await opened();
  const here = await loadScorer(join(folder, "tiny"), { threads: 1 });
  const expected = await here.score("a red cat", files);
  const [bytes] = [await picture("red", 0)];
  const together = await scorer.score("a red cat", [...files, bytes]);
  for (const [i, score] of [...expected, expected[0]!].entries()) expect(together[i]).toBeCloseTo(score, 4);
  expect((await scorer.score("a red cat", [files[1]!]))[0]).toBeCloseTo(expected[1]!, 4);
  const [text] = await scorer.embedTexts(["a red cat"]);
  expect(Math.hypot(...text!)).toBeCloseTo(1, 5);
  await here.close();
});

test("an unreadable image keeps its code across the boundary and does not stop the others", async () => {
  const { folder, scorer, files } = await opened();
  mkdirSync(join(folder, "x.png"));
  writeFileSync(join(folder, "empty.png"), "");
  const bad = [join(folder, "missing.png"), join(folder, "x.png"), join(folder, "empty.png")];
  await expect(scorer.score("a cat", [bad[0]!])).rejects.toMatchObject({
    name: "PickScoreError",
    code: "PICKAPIC_IMAGE_UNREADABLE",
  });
  const { ranked, unreadable } = await rank(scorer, "a cat", [bad[0]!, ...files, bad[1]!, bad[2]!]);
  expect(ranked.map(({ index }) => index).toSorted()).toEqual([1, 2, 3]);
  expect(unreadable.map(({ message }) => message)).toEqual([
    expect.stringMatching(/missing.png: expected a picture; there is no such file/),
    expect.stringMatching(/x.png: expected a picture; it is a folder/),
    expect.stringMatching(/empty.png: expected a picture; it is empty/),
  ]);
});

test("a broken checkpoint and an unknown model are refused with their own codes, and no child is left", async () => {
  const folder = await tinyClip(join(temporaryFolder(), "tiny"));
  writeFileSync(join(folder, "model.safetensors"), "half");
  await expect(openScorer(folder)).rejects.toMatchObject({ code: "PICKAPIC_CLIP_SAFETENSORS_BROKEN" });
  await expect(openScorer("clip-huge")).rejects.toMatchObject({ code: "PICKAPIC_CHECKPOINT_UNKNOWN" });
  await expect.poll(children).toEqual([]);
});

test("a killed child is reported to the call that waited, and the next call has a new one", async () => {
  const { scorer, files } = await opened();
  const before = await scorer.score("a cat", files);
  const waiting = scorer.score("another cat", Array(200).fill(files[0]));
  process.kill(children()[0]!, "SIGKILL");
  await expect(waiting).rejects.toMatchObject({ code: "PICKAPIC_SCORER_DIED", message: expect.stringContaining("SIGKILL") });
  expect(await scorer.score("a cat", files)).toEqual(before);
});

test("close leaves no process behind, twice is fine, and later calls are refused", async () => {
  const { scorer, files } = await opened();
  await scorer.close();
  await scorer.close();
  expect(children()).toEqual([]);
  await expect(scorer.score("a cat", files)).rejects.toMatchObject({ code: "PICKAPIC_SCORER_CLOSED" });
});

test("a child stands back behind this process as far as it is told; one that does not answer its goodbye is killed", async () => {
  const child = startProcess(3);
  expect(getPriority(child.pid)).toBe(Math.min(19, getPriority() + 3));
  process.kill(child.pid!, "SIGSTOP");
  await setTimeout(50);
  await child.close();
  expect(child.alive).toBe(false);
});
