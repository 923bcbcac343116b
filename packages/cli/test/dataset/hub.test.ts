import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importDataset } from "@pickapic/dataset";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatasetHub } from "../../../../fixtures/hub/datasets.ts";
import { pickapic } from "../terminal.ts";

const root = mkdtempSync(join(tmpdir(), "pickapic-cli-hub-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const dataset = join(root, "dataset");
const NAME = "my-org/preferences";
const TOKEN = "hf_onlyForThisTest";
let folders = 0;
const place = () => join(root, `${folders++}`);

beforeAll(async () => {
  await importDataset(join(import.meta.dirname, "../../../../fixtures/dataset/original"), dataset, { license: "mit" });
});

async function opened(env: Record<string, string> = { HF_TOKEN: TOKEN }) {
  const state = await openDatasetHub(NAME);
  const home = place();
  mkdirSync(home);
  const type = (...argv: string[]) =>
    pickapic(["dataset", ...argv], { env: { HF_HOME: home, HF_ENDPOINT: state.hub.url, ...env } });
  return { state, home, type };
}

const pathsIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();

test("what is pushed is private, one commit, and comes back byte for byte; the token goes to the hub only and is never printed", async () => {
  const { state, type } = await opened();
  const { code, out, err } = await type("push", dataset, NAME, "--json");
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  expect(JSON.parse(out)).toMatchObject({ name: NAME, license: "mit", created: true, files: 7, deleted: [] });
  expect([state.visibility, state.commits]).toEqual(["private", 1]);
  expect([...(state.files ?? [])].map(([path]) => path).sort()).toEqual(pathsIn(dataset));
  expect([[...state.tokens], `${out}${err}`.includes(TOKEN)]).toEqual([[`Bearer ${TOKEN}`], false]);
  expect(state.hub.requests.filter((each) => each.startsWith("PUT"))).toHaveLength(5);
  const copy = place();
  expect(await type("pull", NAME, copy)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^7 files, .* of my-org\/preferences \(000000000000\)/),
  });
  for (const path of pathsIn(dataset))
    expect(readFileSync(join(copy, path)).equals(readFileSync(join(dataset, path)))).toBe(true);
  expect(pathsIn(copy)).toEqual(pathsIn(dataset));
  expect((await type("pull", NAME, copy)).err).toMatch(/holds something already; nothing was fetched/);
});

test("a hub that fails half-way shows nothing, says so, and a second push sends only what is missing", async () => {
  const { state, type } = await opened();
  let puts = 0;
  state.trouble = ({ method }, response) => {
    if (method !== "PUT" || ++puts < 3) return false;
    return Boolean(response.writeHead(403).end());
  };
  const { code, err } = await type("push", dataset, NAME);
  expect(code).toBe(1);
  expect(err).toMatch(
    /my-org\/preferences: the hub answered 403: .*nothing of it is visible there; what has been uploaded need not be sent again\.\n$/,
  );
  expect([state.commits, state.files?.size]).toEqual([0, 0]);
  const there = state.storage.size;
  expect(there).toBeGreaterThan(0);
  state.trouble = () => false;
  state.hub.requests.length = 0;
  expect((await type("push", dataset, NAME, "--public")).err).toMatch(/who may see it has not been changed/);
  expect(state.hub.requests.filter((each) => each.startsWith("PUT"))).toHaveLength(5 - there);
  expect([state.commits, state.files?.size, state.visibility]).toEqual([1, 7, "private"]);
});

test("a release replaces the shards of the one before in the same commit, and leaves other files alone", async () => {
  const { state, type } = await opened();
  state.files = new Map([["data/train-00001-of-00002.parquet", Buffer.from("old")], ["notes.md", Buffer.from("mine")]]); // biome-ignore format: a table
  const { out } = await type("push", dataset, NAME, "--json");
  expect(JSON.parse(out)).toMatchObject({ created: false, deleted: ["data/train-00001-of-00002.parquet"] });
  expect([...(state.files ?? [])].map(([path]) => path).sort()).toEqual([...pathsIn(dataset), "notes.md"].sort());
});

test("no token, no licence, a damaged file: one sentence each, and nothing is sent", async () => {
  const bare = await opened({});
  expect((await bare.type("push", dataset, NAME)).err).toMatch(/publishing needs a token that may write: set HF_TOKEN/);
  writeFileSync(join(bare.home, "token"), `${TOKEN}\n`);
  const unlicensed = place();
  await importDataset(join(import.meta.dirname, "../../../../fixtures/dataset/original"), unlicensed);
  const refused = await bare.type("push", unlicensed, NAME);
  expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/names no licence, .* name one with --license/)]);
  expect(bare.state.hub.requests).toEqual([]);
  expect((await bare.type("push", unlicensed, NAME, "--license", "cc-by-4.0")).code).toBe(0);
  const copy = place();
  await bare.type("pull", NAME, copy);
  expect(readFileSync(join(copy, "README.md"), "utf8")).toMatch(/^license: "cc-by-4.0"$[\s\S]*^Licence: cc-by-4.0\.$/m);
  expect((await bare.type("validate", copy)).out).toMatch(/is a valid dataset/);
  const damaged = place();
  cpSync(dataset, damaged, { recursive: true });
  appendFileSync(join(damaged, "README.md"), "more");
  expect((await bare.type("push", damaged, NAME)).err).toMatch(
    /README\.md: it is missing, or no longer what SHA256SUMS says; nothing was sent/,
  );
});

test("a hub that is busy for longer than a command waits names a token only to those who have none", async () => {
  const busy = (response: { writeHead(status: number, headers: Record<string, string>): { end(): unknown } }) =>
    Boolean(response.writeHead(429, { "retry-after": "600" }).end());
  const withToken = await opened();
  withToken.state.trouble = (_request, response) => busy(response);
  expect((await withToken.type("push", dataset, NAME)).err).toMatch(
    /429, too many requests: try again in 600 s; nothing of it is visible/,
  );
  const without = await opened({});
  without.state.trouble = (_request, response) => busy(response);
  expect((await without.type("pull", NAME, place())).err).toMatch(
    /try again in 600 s, or set HF_TOKEN, which allows more; what has/,
  );
});

test("a pull that breaks off leaves no folder, and the next one fetches only what is missing", async () => {
  const { state, type } = await opened();
  await type("push", dataset, NAME);
  const copy = place();
  state.trouble = ({ url }, response) => (url?.includes("/train-") ? Boolean(response.writeHead(403).end()) : false);
  expect((await type("pull", NAME, copy)).code).toBe(1);
  expect([existsSync(copy), existsSync(`${copy}.pulling`)]).toEqual([false, true]);
  state.trouble = () => false;
  state.hub.requests.length = 0;
  expect((await type("pull", NAME, copy)).code).toBe(0);
  expect(state.hub.requests.filter((each) => each.includes("/resolve/"))).toHaveLength(5);
  expect([pathsIn(copy), existsSync(`${copy}.pulling`)]).toEqual([pathsIn(dataset), false]);
  expect((await type("pull", "nobody/nothing", place())).err).toMatch(
    /there is no such dataset on the hub \(404\): check the spelling/,
  );
});
