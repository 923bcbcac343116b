/** @file Describes JSON schemas: in words, as lists of fields, and by an example. */

import { type Html, html } from "@pickapic/report/html";
import type { OpenAPIV3_1 } from "openapi-types";

/** A schema, or a reference to a named one. */
export type Schema = OpenAPIV3_1.SchemaObject | OpenAPIV3_1.ReferenceObject;
/** The named schemas of a document. */
export type Named = Readonly<Record<string, Schema>>;

/** One field of an object. */
export interface Field {
  name: string;
  schema: Schema;
  required: boolean;
}

/** Returns the name of a reference. Undefined if the schema is not a reference. */
export function nameOf(schema: Schema): string | undefined {
  return "$ref" in schema ? schema.$ref?.split("/").at(-1) : undefined;
}

/** Returns the schema itself, also if it is given as a reference. */
export function resolved(schema: Schema, named: Named): OpenAPIV3_1.SchemaObject {
  const name = nameOf(schema);
  const found = name === undefined ? schema : named[name];
  if (!found || "$ref" in found) throw new Error(`The API's description names no schema ${name}.`);
  return found;
}

/** Returns the fields of an object's schema. Empty for other schemas. */
export function fieldsOf(schema: Schema, named: Named): Field[] {
  const { properties = {}, required = [] } = resolved(schema, named);
  return Object.entries(properties).map(([name, field]) => ({ name, schema: field, required: required.includes(name) }));
}

/** Returns text as HTML, with parts in backquotes as code. */
export function prose(text: string): Html {
  return html`${text.split("`").map((part, i) => (i % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}

/** Describes in words what a value must be. Named schemas become links. */
export function typeOf(schema: Schema): Html {
  const name = nameOf(schema);
  if (name !== undefined) return html`<a href="#schema-${name}">${name}</a>`;
  if ("$ref" in schema) return html`any`;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return alternatives(choices);
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum)
    return html`${schema.enum.map((value, i) => html`${i > 0 ? " or " : ""}<code>${JSON.stringify(value)}</code>`)}`;
  if (schema.type === "array") return html`list of ${"items" in schema && schema.items ? typeOf(schema.items) : "anything"}`;
  const bounds = boundsOf(schema);
  return html`${typeof schema.type === "string" ? (schema.format ?? schema.type) : "anything"}${bounds === "" ? "" : html` <span class="bounds">${bounds}</span>`}`;
}

/** Describes alternatives, nested ones as part of the same list. */
function alternatives(choices: readonly Schema[]): Html {
  const flat = choices.flatMap((choice) => ("anyOf" in choice && choice.anyOf ? choice.anyOf : [choice]));
  return html`${flat.map((choice, i) => html`${i > 0 ? " or " : ""}${typeOf(choice)}`)}`;
}

function boundsOf({ type, minimum, maximum, exclusiveMinimum, maxLength, maxProperties }: OpenAPIV3_1.SchemaObject): string {
  if (type === "string") return maxLength === undefined ? "" : `up to ${maxLength} characters`;
  if (type === "object") return maxProperties === undefined ? "" : `up to ${maxProperties} entries`;
  const low = typeof exclusiveMinimum === "number" ? exclusiveMinimum + (type === "integer" ? 1 : 0) : minimum;
  const from = low === undefined || low === Number.MIN_SAFE_INTEGER ? "" : `from ${low}`;
  const to = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? "" : `to ${maximum}`;
  return [from, to].filter(Boolean).join(" ");
}

/** Example strings by their format. */
const TEXTS: Readonly<Record<string, string>> = {
  uuid: "3f2b6c1e-9a4d-4f0b-8c57-1d2e3f405162",
  "date-time": "2026-11-27T16:44:13.000Z",
  date: "2026-11-27",
};

/** Returns an example value of a schema: its own example if it has one, otherwise a made-up one. */
export function exampleOf(schema: Schema, named: Named, field = ""): unknown {
  const found = resolved(schema, named);
  if (found.examples?.[0] !== undefined) return found.examples[0];
  if (found.const !== undefined) return found.const;
  if (found.enum) return found.enum[0];
  const first = (found.anyOf ?? found.oneOf ?? found.allOf)?.[0];
  if (first) return exampleOf(first, named, field);
  if (found.type === "object")
    return Object.fromEntries(fieldsOf(found, named).map((each) => [each.name, exampleOf(each.schema, named, each.name)]));
  if (found.type === "array") return found.items ? [exampleOf(found.items, named, field)] : [];
  return plainExample(found, field);
}

function plainExample({ type, format, minimum, exclusiveMinimum }: OpenAPIV3_1.SchemaObject, field: string): unknown {
  if (type === "integer" || type === "number")
    return minimum !== undefined && minimum > 1 ? minimum : exclusiveMinimum === 0 || minimum !== 0 ? 1 : 0;
  if (type === "boolean") return true;
  if (type === "null") return null;
  if (field === "url") return `/api/images/${TEXTS.uuid}`;
  return TEXTS[format ?? ""] ?? "text";
}
