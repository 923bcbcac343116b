/** @file Tidies the named schemas of the OpenAPI document: keeps those that are used, each under one name. */
import type { OpenAPIV3_1 } from "openapi-types";

type Schemas = NonNullable<OpenAPIV3_1.ComponentsObject["schemas"]>;

const PREFIX = "#/components/schemas/";

/**
 * Returns the document without unused and doubled schemas. fastify-type-provider-zod makes each named schema twice, as "AnswerInput" for requests and as
 * "Answer" for replies. An input gets the plain name where the two are equal or only the input is used.
 */
export function tidyComponents(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const named = document.components?.schemas ?? {};
  const used = usedNames(document, named);
  const renamed = new Map([...used].map((name) => [name, plainName(name, named, used)]));
  const schemas = Object.fromEntries([...used].map((name) => [renamed.get(name) ?? name, named[name]]));
  const tidy = { ...document, components: { ...document.components, schemas } };
  return JSON.parse(JSON.stringify(tidy), (key, value) => {
    if (key !== "$ref" || typeof value !== "string") return value;
    const name = value.slice(PREFIX.length);
    return PREFIX + (renamed.get(name) ?? name);
  });
}

function plainName(name: string, named: Schemas, used: ReadonlySet<string>): string {
  const plain = name.replace(/Input$/, "");
  const same = JSON.stringify(named[name]) === JSON.stringify(named[plain]);
  return same || !used.has(plain) ? plain : name;
}

/** Returns the names of schemas that the operations use, directly or through other schemas. */
function usedNames({ paths }: OpenAPIV3_1.Document, named: Schemas): Set<string> {
  const used = new Set<string>();
  const follow = (part: unknown) => {
    for (const [, name = ""] of JSON.stringify(part ?? null).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      follow(named[name]);
    }
  };
  follow(paths);
  return used;
}
