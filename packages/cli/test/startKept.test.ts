import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelFolder } from "@pickapic/pickscore";
import { expect, onTestFinished, test } from "vitest";
import { fetchModels } from "../src/model/fetch.ts";
import { openTerminal, pickapic } from "./terminal.ts";

test("a run that has kept its starting weights is named as such wherever its model is used", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-kept-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(modelFolder("clip-toy"), folder, { recursive: true });
  const said = `${folder} holds the starting weights of clip-toy: no step of its training was better`;
  const noted = async (record: string) => {
    await writeFile(join(folder, "run.json"), record);
    const { context, printed } = openTerminal();
    await fetchModels([folder], context);
    return printed.err;
  };
  expect(await noted('{"startKept":true,"settings":{"init":"clip-toy"}}')).toContain(said);
  const info = await pickapic(["model", "info", folder]);
  expect(info.out).toContain(said);
  expect(JSON.parse((await pickapic(["model", "info", folder, "--json"])).out).startKept).toBe("clip-toy");
  expect(await noted('{"startKept":false,"settings":{"init":"clip-toy"}}')).toBe("");
  expect(await noted("{")).toBe("");
});
