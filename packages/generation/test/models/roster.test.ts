/** @file When the file of models is read again, which files are watched, and what is closed. Watching is replaced: the test says what has changed. */
import fs, { type StatsListener } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Backend } from "../../src/index.ts";
import { openPictures, openRoster, type RosterNews } from "../../src/models/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-roster-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Who hears of each file that is watched, and every call of watchFile. */
let listeners: Map<string, unknown>;
let watches: unknown[][];
const { watchFile, unwatchFile } = fs;
beforeEach(() => {
  [listeners, watches] = [new Map(), []];
  const replaced = {
    watchFile: (file: string, options: unknown, listener: unknown) => {
      watches.push([file, options]);
      listeners.set(file, listener);
    },
    unwatchFile: (file: string, listener: unknown) => listeners.get(file) === listener && listeners.delete(file),
  };
  Object.assign(fs, replaced);
  syncBuiltinESMExports();
});
afterEach(() => {
  Object.assign(fs, { watchFile, unwatchFile });
  syncBuiltinESMExports();
});

/** Says that a file is another one than before, in some of what is looked at. */
function change(file: string, now: Partial<Record<"mtimeMs" | "size" | "ino", number>>): void {
  const before = { mtimeMs: 1, size: 2, ino: 3 };
  (listeners.get(file) as (...stats: unknown[]) => ReturnType<StatsListener>)({ ...before, ...now }, before);
}

const file = () => join(folder, "models.yaml");
const styles = (name: string) => writeFile(join(folder, name), '[{"name": "bare", "prompt": "{prompt}"}]');
const models = (...entries: string[]) => writeFile(file(), `models:\n${entries.map((entry) => `  - ${entry}\n`).join("")}`);

/** Ends what a backend started: a spy in its place. */
function closing(backend: Backend | undefined) {
  const close = vi.fn(async () => {});
  if (backend) Object.assign(backend, { close });
  return close;
}

test("the file and those that it names are watched, without keeping the process alive; the files of a changed one take their place", async () => {
  await Promise.all([styles("one.json"), styles("two.json")]);
  await models("{a1111: http://a, templates: one.json}");
  const roster = await openRoster(file());
  const told: RosterNews[] = [];
  roster.watch((news) => told.push(news));
  const options = { interval: 1000, persistent: false };
  expect(watches).toEqual([
    [file(), options],
    [join(folder, "one.json"), options],
  ]);
  change(file(), {});
  await new Promise(setImmediate);
  expect(told).toEqual([]);
  await models("{a1111: http://a, templates: two.json}");
  change(file(), { mtimeMs: 9 });
  await expect.poll(() => told).toHaveLength(1);
  expect([...listeners.keys()]).toEqual([file(), join(folder, "two.json")]);
  expect(watches.slice(2), "the file is watched already").toEqual([[join(folder, "two.json"), options]]);
  await roster.close();
  expect([listeners.size, watches.length]).toEqual([0, 3]);
});

test.each(["mtimeMs", "size", "ino"])("a file with another %s has changed", async (what) => {
  await models("a1111: http://a");
  const roster = await openRoster(file());
  const told: RosterNews[] = [];
  roster.watch((news) => told.push(news));
  change(file(), { [what]: 9 });
  await expect.poll(() => told).toEqual([{ ok: true, message: expect.stringContaining("take part now: a1111.") }]);
  await roster.close();
});

test("a model that has changed or gone is closed, and one that stays is not, until all are", async () => {
  await models("{sdcpp: http://a, name: one}", "{sdcpp: http://b, name: two}");
  const roster = await openRoster(file());
  const [one, two] = roster.backends.map(closing);
  await models("{sdcpp: http://a, name: one}", "openai: nonsense");
  expect((await roster.reload()).ok).toBe(false);
  expect([one?.mock.calls.length, two?.mock.calls.length], "a file with faults closes nothing").toEqual([0, 0]);
  await models("{sdcpp: http://a, name: one}", "{sdcpp: http://c, name: two, ranked: 2, imagesPerDay: 1}");
  expect((await roster.reload()).ok).toBe(false);
  expect([one?.mock.calls.length, two?.mock.calls.length], "nor does a model that cannot be opened").toEqual([0, 0]);
  await models("{sdcpp: http://a, name: one}", "{sdcpp: http://c, name: two}");
  expect((await roster.reload()).ok).toBe(true);
  expect([one?.mock.calls.length, two?.mock.calls.length]).toEqual([0, 1]);
  const anew = closing(roster.backends[1]);
  await roster.close();
  expect([one, two, anew].map((close) => close?.mock.calls.length)).toEqual([1, 1, 1]);
});

test("a file that cannot be read is told by its name, and so is a folder of pictures", async () => {
  await expect(openRoster(join(folder, "none.yaml"))).rejects.toMatchObject({
    code: "PICKAPIC_MODELS_FILE_UNREADABLE",
    message: expect.stringMatching(/none\.yaml cannot be read \(there is no such file\)/),
  });
  await expect(openPictures(join(folder, "none"))).rejects.toThrow(`--images ${join(folder, "none")}, line 2`);
});
