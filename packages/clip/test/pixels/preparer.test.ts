import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { decodePicture } from "@pickapic/pictures";
import { expect, onTestFinished, test } from "vitest";
import { preprocess } from "../../src/pixels/pixels.ts";
import { openPreparer, type PreparerOptions } from "../../src/pixels/preparer.ts";
import { clipProcessor } from "../../src/pixels/processor.ts";
import { AS_PILLOW, FIXTURES, temporaryFolder } from "../fixtures.ts";

const processor = clipProcessor(24);
const NAMES = ["rgb.jpg", "rgb.png", "large.jpg", "grey.png", "palette.png", "cmyk.jpg", "rgba.png"];
const paths = NAMES.map((name) => join(FIXTURES, "pictures", name));

function opened(options: PreparerOptions = {}) {
  const preparer = openPreparer(processor, { pixels: "transformers", ...options });
  onTestFinished(() => preparer.close());
  return preparer;
}

test.each([1, 3])("threads (%i) give each picture as this thread does, in the order given", async (threads) => {
  const expected = await Promise.all(paths.map(async (path) => preprocess(await decodePicture(path, AS_PILLOW), processor)));
  const preparer = opened({ threads });
  expect(await preparer.prepare(paths)).toEqual(expected);
  expect(await preparer.prepare(paths.toReversed())).toEqual(expected.toReversed());
  const [first, second] = await Promise.all([preparer.prepare(paths), preparer.prepare(paths.slice(2))]);
  expect([first, second]).toEqual([expected, expected.slice(2)]);
});

test("bytes are prepared like the file, and stay with the caller even where they are a part of something larger", async () => {
  const files = paths.map((path) => readFileSync(path));
  const joined = new Uint8Array(Buffer.concat(files));
  const starts = files.map((_, i) => Buffer.concat(files.slice(0, i)).length);
  const views = files.map(({ length }, i) => joined.subarray(starts[i], starts[i]! + length));
  const preparer = opened();
  expect(await preparer.prepare(views)).toEqual(await preparer.prepare(paths));
  expect(Buffer.compare(joined, Buffer.concat(files))).toBe(0);
});

test.each([1, 5])("what cannot be read is an error in its place, with the code of the decoder (%i good ones)", async (good) => {
  const missing = join(FIXTURES, "pictures/none.png");
  const [failure, ...rest] = await opened().prepare([missing, ...paths.slice(0, good)]);
  expect(failure).toMatchObject({ name: "PictureError", code: "PICKAPIC_PICTURE_UNREADABLE" });
  expect((failure as Error).message).toContain("none.png: expected a picture; there is no such file.");
  expect(rest.map((each) => each instanceof Float32Array)).toEqual(Array(good).fill(true));
});

test("a thread that ends fails the calls that wait for it, and the next call has a new one", async () => {
  const folder = temporaryFolder();
  const counter = join(folder, "started");
  const program = join(folder, "worker.mjs");
  // The first thread dies of its first picture; later ones answer with as many values as threads were started.
  writeFileSync(
    program,
    `import { appendFileSync, readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
appendFileSync(${JSON.stringify(counter)}, "x");
const started = readFileSync(${JSON.stringify(counter)}).length;
parentPort.on("message", ({ id }) => {
  if (started === 1) process.exit();
  parentPort.postMessage({ id, pixels: new Float32Array(started) });
});`,
  );
  const preparer = opened({ threads: 1, worker: pathToFileURL(program) });
  await expect(preparer.prepare(paths)).rejects.toThrow("The thread that prepares pictures ended.");
  expect(await preparer.prepare(paths)).toEqual(paths.map(() => new Float32Array(2)));
});

test("close in the middle of work ends the threads and what waits for them", async () => {
  const preparer = openPreparer(processor);
  const waiting = preparer.prepare(Array(200).fill(paths[2]));
  const refused = expect(waiting).rejects.toThrow("The thread that prepares pictures ended.");
  await preparer.close();
  await refused;
});
