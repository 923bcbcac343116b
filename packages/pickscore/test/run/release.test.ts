import { readdirSync, readlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { trainPickScore } from "../../src/index.ts";
import { colorExamples, examplesOf, poison, SMALL_TRAINING, stopAfter, temporaryFolder, tinyClip } from "../tinyClip.ts";

interface RuntimeSession {
  release(): Promise<void>;
}

interface Runtime {
  create(...given: unknown[]): Promise<RuntimeSession>;
}

/** The engine, which is a dependency of the graph package. */
const { InferenceSession } = createRequire(createRequire(import.meta.url).resolve("@pickapic/graph"))("onnxruntime-node") as {
  InferenceSession: Runtime;
};
const { create } = InferenceSession;

const open = new Set<RuntimeSession>();
let opened = 0;
beforeEach(() => {
  open.clear();
  opened = 0;
  InferenceSession.create = async (...given) => {
    const session = await create.apply(InferenceSession, given);
    const release = session.release.bind(session);
    open.add(session);
    opened++;
    session.release = async () => {
      open.delete(session);
      await release();
    };
    return session;
  };
});
afterEach(() => {
  InferenceSession.create = create;
});

/** Files of a folder that this process holds open. */
const heldIn = (folder: string): string[] =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(folder) ? [file] : [];
    } catch {
      return []; // Closed meanwhile.
    }
  });

async function tinyRun(more: object = {}) {
  const folder = temporaryFolder();
  const settings = {
    ...SMALL_TRAINING,
    init: await tinyClip(join(folder, "init")),
    out: join(folder, "run"),
    pixelCacheMiB: 0,
    ...more,
  };
  const examples = examplesOf(await colorExamples(20), await colorExamples(6, 9));
  return { settings, examples };
}

async function expectReleased(out: string): Promise<void> {
  expect(opened).toBeGreaterThan(0);
  expect(open.size).toBe(0);
  expect(heldIn(out)).toEqual([]);
}

test.each(["all", "last:1", "lora:2"])("a run that trains %s to its end closes all sessions and files", async (train) => {
  const { settings, examples } = await tinyRun({ train });
  await trainPickScore(settings, { examples });
  await expectReleased(settings.out);
});

test("so does one that is stopped, and one that finds its validation.json broken when it goes on", async () => {
  const { settings, examples } = await tinyRun({ train: "last:1", validationSplit: "validation_unique" });
  await expect(trainPickScore(settings, { examples, ...stopAfter(2) })).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
  await expectReleased(settings.out);
  await writeFile(join(settings.out, "validation.json"), "[");
  await expect(trainPickScore(settings, { examples, resume: true })).rejects.toMatchObject({ code: "PICKAPIC_RUN_BROKEN" });
  await expectReleased(settings.out);
});

test("so does one whose loss is not finite", async () => {
  const { settings, examples } = await tinyRun({ validationSplit: "validation" });
  poison(settings.init);
  await expect(trainPickScore(settings, { examples })).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_DIVERGED" });
  await expectReleased(settings.out);
});

test("so does one that is interrupted while the frozen layers of its second tower run", async () => {
  const { settings, examples } = await tinyRun({ train: "head" });
  const controller = new AbortController();
  const onProgress = ({ unit, note }: { unit: string; note?: string }) => {
    if (unit === "images" && note === "running the frozen layers once") controller.abort(new Error("enough"));
  };
  await expect(trainPickScore(settings, { examples, signal: controller.signal, onProgress })).rejects.toThrow("enough");
  await expectReleased(settings.out);
});

test("so does one in which a session cannot be opened while others are", async () => {
  const { settings, examples } = await tinyRun();
  const counting = InferenceSession.create;
  InferenceSession.create = async (...given) => {
    if (opened === 2) throw new Error("no memory for another session");
    return counting(...given);
  };
  await expect(trainPickScore(settings, { examples })).rejects.toThrow("no memory for another session");
  await expectReleased(settings.out);
});
