/** @file The operations of the API's description as requests: such as the schemas allow, and such as they do not. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";

interface Schema {
  [keyword: string]: unknown;
  $ref?: string;
  anyOf?: Schema[];
  enum?: unknown[];
  type?: string;
  format?: string;
  pattern?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxProperties?: number;
}

interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  schema: Schema;
}

interface Content {
  [type: string]: { schema: Schema };
}

export interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
}

export interface Description {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> };
}

/** A request to one operation. */
export interface Request {
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

/** Ids of things that exist, which requests name now and then. */
export type KnownIds = Readonly<Record<string, string[]>>;

export class Calls {
  readonly #description: Description;
  readonly #ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: false, validateFormats: true }));
  readonly #known: KnownIds;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(description: Description, known: KnownIds) {
    this.#description = description;
    this.#known = known;
    this.#ajv.addSchema(description, "api");
  }

  /** What does not fit in a reply's body; empty when it fits the documented schema. */
  misfit(path: string, method: string, status: string, type: string, body: unknown): string {
    const part = (text: string) => text.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");
    const place = ["paths", path, method, "responses", status, "content", type, "schema"].map(part).join("/");
    const validate = this.#ajv.getSchema(`api#/${place}`) ?? this.#ajv.compile({ $ref: `api#/${place}` });
    return validate(body) ? "" : this.#ajv.errorsText(validate.errors);
  }

  /** Requests that the schemas allow. */
  valid(path: string, operation: Operation): fc.Arbitrary<Request> {
    return this.#request(path, operation, (parameter) => this.#parameter(path, parameter), this.#body(operation));
  }

  /** Requests with one thing that the schemas do not allow; null when nothing is asked for. */
  invalid(path: string, operation: Operation): fc.Arbitrary<Request> | null {
    const { parameters = [] } = operation;
    const wrong = parameters.map((parameter) =>
      this.#request(
        path,
        operation,
        (each) => (each === parameter ? this.#wrongText(each) : this.#parameter(path, each)),
        this.#body(operation),
      ),
    );
    const schema = bodySchema(operation);
    if (schema) {
      const body = fc.oneof(fc.jsonValue(), this.#spoilt(schema)).filter((value) => !this.#fits(schema, value));
      wrong.push(this.#request(path, operation, (each) => this.#parameter(path, each), body));
    }
    return wrong.length === 0 ? null : fc.oneof(...wrong);
  }

  #request(
    path: string,
    { parameters = [] }: Operation,
    textOf: (parameter: Parameter) => fc.Arbitrary<string | undefined>,
    body: fc.Arbitrary<unknown> | undefined,
  ): fc.Arbitrary<Request> {
    return fc.tuple(fc.tuple(...parameters.map(textOf)), body ?? fc.constant(undefined)).map(([texts, content]) => {
      let address = path;
      const headers: Record<string, string> = {};
      const query = new URLSearchParams();
      parameters.forEach((parameter, i) => {
        const text = texts[i];
        if (text === undefined) return;
        if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(text));
        else if (parameter.in === "header") headers[parameter.name] = text;
        else query.append(parameter.name, text);
      });
      return { path: query.size > 0 ? `${address}?${query}` : address, headers, body: content };
    });
  }

  #parameter(path: string, { in: place, required, schema }: Parameter): fc.Arbitrary<string | undefined> {
    const text = this.#value(schema).map(String);
    const known = place === "path" ? (this.#known[path] ?? []) : [];
    const some = known.length > 0 ? fc.oneof(fc.constantFrom(...known), text) : text;
    return required ? some : fc.option(some, { nil: undefined });
  }

  /** Text that is no such parameter. Headers carry printable characters only, and "." would be another address. */
  #wrongText({ in: place, schema }: Parameter): fc.Arbitrary<string> {
    const unit = place === "header" ? "grapheme-ascii" : "grapheme";
    const number = resolved(this.#description, schema).type === "integer";
    return fc
      .oneof(
        fc.string({ unit, minLength: 1, maxLength: 30 }),
        fc.constantFrom("0", "-1", "1e3", "null", "x".repeat(3_001), "a/b"),
      )
      .filter(
        (text) => !/^\.{1,2}$|^\s|\s$/.test(text) && !this.#fits(schema, number && /^\d+$/.test(text) ? Number(text) : text),
      );
  }

  #body(operation: Operation): fc.Arbitrary<unknown> | undefined {
    const schema = bodySchema(operation);
    return schema && this.#value(schema);
  }

  /** A valid value with one field taken away or replaced. */
  #spoilt(schema: Schema): fc.Arbitrary<unknown> {
    const { properties = {} } = resolved(this.#description, schema);
    const field = fc.constantFrom(...Object.keys(properties));
    return fc.tuple(this.#value(schema), field, fc.option(fc.jsonValue(), { nil: undefined })).map(([value, name, other]) => {
      const { [name]: _old, ...rest } = value as Record<string, unknown>;
      return other === undefined ? rest : { ...rest, [name]: other };
    });
  }

  #fits(schema: Schema, value: unknown): boolean {
    const name = JSON.stringify(schema);
    const validate = this.#validators.get(name) ?? this.#ajv.compile({ ...schema, components: this.#description.components });
    this.#validators.set(name, validate);
    return validate(value);
  }

  /** Values that fit a schema. */
  #value(schema: Schema): fc.Arbitrary<unknown> {
    const found = resolved(this.#description, schema);
    if (found.anyOf) return fc.oneof(...found.anyOf.map((each) => this.#value(each)));
    if (found.enum) return fc.constantFrom(...found.enum);
    const { minimum = -1e9, maximum = 1e9 } = found;
    switch (found.type) {
      case "string":
        return this.#text(found);
      case "integer":
        return fc.oneof(fc.integer({ min: minimum, max: Math.min(maximum, 1_000) }), fc.constantFrom(minimum, maximum));
      case "number":
        return fc.double({ min: minimum, max: maximum, noNaN: true });
      case "boolean":
        return fc.boolean();
      case "null":
        return fc.constant(null);
      case "object":
        return this.#object(found);
      default:
        throw new Error(`this test cannot make values of ${JSON.stringify(found)}`);
    }
  }

  #object({
    properties = {},
    required = [],
    additionalProperties,
    propertyNames,
    maxProperties = 5,
  }: Schema): fc.Arbitrary<unknown> {
    const fields = fc.record(
      Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, this.#value(schema)])),
      { requiredKeys: required },
    );
    if (typeof additionalProperties !== "object" || !propertyNames) return fields;
    return fc.dictionary(this.#text(propertyNames), this.#value(additionalProperties), { maxKeys: maxProperties });
  }

  #text(schema: Schema): fc.Arbitrary<string> {
    if (schema.format === "uuid") return fc.uuid();
    if (schema.pattern && /^\^(\\\/\()?\[[\w-]+\]/.test(schema.pattern)) return fc.stringMatching(new RegExp(schema.pattern));
    const { minLength = 0, maxLength = 1_000 } = schema;
    return fc
      .oneof(
        fc.string({ unit: "grapheme", minLength, maxLength: Math.min(40, maxLength) }),
        fc.constantFrom("a red cat", "/", "x".repeat(maxLength), "\u{1f600}".repeat(maxLength), "[no] <3", "' or 1=1 --"),
      )
      .filter((text) => this.#fits(schema, text));
  }
}

function bodySchema({ requestBody }: Operation): Schema | undefined {
  return requestBody?.content["application/json"]?.schema;
}

function resolved({ components }: Description, schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  const found = name === undefined ? schema : components.schemas[name];
  if (!found) throw new Error(`no schema ${name}`);
  return found;
}
