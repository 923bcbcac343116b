/** @file The named schemas of the OpenAPI document: those that are used, each under one name. */
import type { OpenAPIV3_1 } from "openapi-types";

type Schemas = NonNullable<OpenAPIV3_1.ComponentsObject["schemas"]>;

const PREFIX = "#/components/schemas/";

/**
 * Named schemas come twice, for requests as "AnswerInput" and for replies as "Answer". Here an input takes the plain name where the plain one is the
 * same or is not used, and schemas that nothing names are left out.
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

/** The names that the operations use, and those that these use in turn. */
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
