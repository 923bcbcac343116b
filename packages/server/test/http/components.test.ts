/** @file Which named schemas the description of the API holds, and under which names. */
import type { OpenAPIV3_1 } from "openapi-types";
import { describe, expect, test } from "vitest";
import { tidyComponents } from "../../src/http/components.ts";

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
/** A document with one operation that names these schemas, of all that there are. */
const documentOf = (schemas: object | undefined, ...used: string[]): OpenAPIV3_1.Document =>
  ({
    openapi: "3.1.0",
    info: { title: "t", version: "1" },
    paths: { "/a": { get: { responses: { 200: used.map(ref) } } } },
    ...(schemas === undefined ? {} : { components: { securitySchemes: { key: {} }, schemas } }),
  }) as never;
const tidied = (schemas: object, ...used: string[]) => {
  const { components, paths } = tidyComponents(documentOf(schemas, ...used));
  return { schemas: components?.schemas, used: paths?.["/a"]?.get?.responses?.[200] };
};

test("the description keeps everything but schemas", () => {
  const document = documentOf({ A: { type: "string" } }, "A");
  expect(tidyComponents(document)).toEqual(document);
  const bare = documentOf(undefined);
  expect(tidyComponents(bare)).toEqual({ ...bare, components: { schemas: {} } });
});

describe("a named schema", () => {
  const text = { type: "string" };

  test("that nothing uses is left out; one that another used one names is kept", () => {
    const schemas = { A: { properties: { b: ref("B"), again: ref("B") } }, B: { items: ref("C") }, C: text, D: ref("A") };
    expect(tidied(schemas, "A")).toEqual({ schemas: { A: schemas.A, B: schemas.B, C: text }, used: [ref("A")] });
  });

  test("may name itself, and one that is named and not there is left out", () => {
    const schemas = { A: { items: ref("A"), more: ref("None") } };
    expect(tidied(schemas, "A")).toEqual({ schemas, used: [ref("A")] });
  });

  test("for requests has the name of that for replies where both are equal", () => {
    expect(tidied({ A: text, AInput: text }, "AInput", "A")).toEqual({ schemas: { A: text }, used: [ref("A"), ref("A")] });
  });

  test("for requests has the plain name where only it is used", () => {
    const schemas = { A: text, AInput: { items: ref("BInput") }, BInput: { type: "number" } };
    expect(tidied(schemas, "AInput")).toEqual({
      schemas: { A: { items: ref("B") }, B: { type: "number" } },
      used: [ref("A")],
    });
  });

  test("for requests keeps its own name beside another one for replies", () => {
    const schemas = { A: text, AInput: { type: "number" } };
    expect(tidied(schemas, "A", "AInput")).toEqual({ schemas, used: [ref("A"), ref("AInput")] });
  });

  test("is for requests only where its name ends so", () => {
    const schemas = { InputOfA: text, OfA: { type: "number" } };
    expect(tidied(schemas, "InputOfA")).toEqual({ schemas: { InputOfA: text }, used: [ref("InputOfA")] });
  });
});

test("only a text under $ref is a name", () => {
  const schemas = { A: { properties: { $ref: { type: "string" }, name: { const: "#/components/schemas/AInput" } } } };
  expect(tidied(schemas, "A").schemas).toEqual(schemas);
});
