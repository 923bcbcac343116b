/** @file Reads models.yaml and says of each fault in which line it is. Nothing is opened or asked here. */

import { messageOf } from "@pickapic/errors";
import { type Document, isCollection, isNode, isPair, LineCounter, parseDocument } from "yaml";
import { KINDS, type KindName } from "../backends/index.ts";
import { GenerationError } from "../errors.ts";
import { COMMON_FIELDS, Entry, OWN_FIELDS } from "./entry.ts";

/** One model of the file: its kind, what the kind is pointed at, and its fields. */
export interface ModelEntry {
  kind: KindName;
  target: string;
  name: string;
  fields: Entry;
  /** Line of the entry in the file, from 1. */
  line: number;
}

/** The content of models.yaml. */
export interface ModelsFile {
  /** Path of the secrets file, as it stands in the file. */
  secretsFile: string | undefined;
  models: readonly ModelEntry[];
}

/** A fault of the file: where it is, and what is wrong. */
export interface Fault {
  line: number;
  /** Such as "weight". Empty for the whole entry. */
  field: string;
  what: string;
}

const isKind = (field: string): field is KindName => Object.hasOwn(KINDS, field);
const KIND_NAMES = Object.keys(KINDS).join(", ");

/**
 * Reads the text of models.yaml.
 * @param source what the file is called in messages
 * @throws GenerationError PICKAPIC_MODELS_FILE_INVALID, with one sentence for each fault
 */
export function parseModels(text: string, source: string): ModelsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const reader = new Reader(document, lines);
  for (const { pos, message } of document.errors) reader.fault(lines.linePos(pos[0]).line, "", `this is no YAML: ${message}`);
  const file = reader.faults.length > 0 ? null : reader.read();
  if (!file || reader.faults.length > 0) throw invalidModels(source, reader.faults);
  return file;
}

/** The error of all faults of a file, a sentence each. */
export function invalidModels(source: string, faults: readonly Fault[]): GenerationError {
  const sentences = faults.map(
    ({ line, field, what }) => `${source}, line ${line}${field && `, ${field}`}: ${what.replace(/\.$/, "")}.`,
  );
  return new GenerationError("PICKAPIC_MODELS_FILE_INVALID", sentences.join("\n"));
}

/** Goes through the document and collects its faults. */
class Reader {
  readonly faults: Fault[] = [];
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  fault(line: number, field: string, what: string): void {
    this.faults.push({ line, field, what });
  }

  read(): ModelsFile | null {
    const value = this.#value();
    if (value === null || typeof value !== "object" || Array.isArray(value) || !("models" in value)) {
      this.fault(1, "", "expected models: with a list of models below it");
      return null;
    }
    for (const field of Object.keys(value))
      if (field !== "models" && field !== "secretsFile")
        this.fault(this.#lineOf([field]), field, "there is no such field; the fields of the file are models and secretsFile");
    const { models, secretsFile } = { secretsFile: undefined, ...value };
    if (secretsFile !== undefined && typeof secretsFile !== "string")
      this.fault(this.#lineOf(["secretsFile"]), "secretsFile", "expected the path of a file with lines such as NAME=value");
    const list = Array.isArray(models) ? models : [];
    if (list.length === 0) this.fault(this.#lineOf(["models"]), "models", "expected a list of at least one model");
    const entries = list.flatMap((entry: unknown, i) => this.#entry(entry, i) ?? []);
    this.#refuseTwice(entries);
    return { secretsFile: typeof secretsFile === "string" ? secretsFile : undefined, models: entries };
  }

  #value(): unknown {
    try {
      return this.#document.toJS();
    } catch (error) {
      this.fault(1, "", messageOf(error));
      return null;
    }
  }

  #entry(value: unknown, i: number): ModelEntry | null {
    const at = ["models", i];
    const line = this.#lineOf(at);
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      this.fault(line, "", `expected a model, such as "openai: http://127.0.0.1:8080/v1"`);
      return null;
    }
    const kinds = Object.keys(value).filter(isKind);
    const [kind] = kinds;
    if (kind === undefined || kinds.length > 1) {
      const came = kinds.length === 0 ? "none of them" : kinds.join(" and ");
      this.fault(line, "", `expected one of ${KIND_NAMES}; got ${came}`);
      return null;
    }
    const { [kind]: target, ...fields }: Record<string, unknown> = { ...value };
    if (typeof target !== "string" || target.trim() === "") {
      this.fault(this.#lineOf([...at, kind]), kind, `expected ${KINDS[kind].target}`);
      return null;
    }
    this.#refuseFields(kind, Object.keys(fields), at);
    this.#refuseAddress(kind, target, [...at, kind]);
    const { data, error } = Entry.safeParse(fields);
    for (const { path, message } of error?.issues ?? [])
      this.fault(this.#lineOf([...at, ...path]), path.filter((name) => typeof name === "string").join("."), message);
    return data ? { kind, target: target.trim(), name: data.name ?? data.model ?? kind, fields: data, line } : null;
  }

  /** Refuses unknown fields, and settings that this kind does not have. */
  #refuseFields(kind: KindName, names: readonly string[], at: readonly (string | number)[]): void {
    const { has, options, about } = KINDS[kind];
    const lacking = new Set([...(has.guidance ? [] : ["guidance"]), ...(has.steps ? [] : ["steps"]), ...(has.size ? [] : ["size"])]);
    const allowed = [...Object.keys(COMMON_FIELDS).filter((name) => !lacking.has(name)), ...options];
    for (const name of names) {
      const where = this.#lineOf([...at, name]);
      if (lacking.has(name)) this.fault(where, name, `${about} has no such setting`);
      else if (!allowed.includes(name) && name in OWN_FIELDS) this.fault(where, name, `${kind} has no such field`);
      else if (!allowed.includes(name)) this.fault(where, name, `there is no such field; the fields of ${kind} are ${allowed.join(", ")}`);
    }
  }

  #refuseAddress(kind: KindName, target: string, at: readonly (string | number)[]): void {
    if (!KINDS[kind].isServer) return;
    const url = URL.parse(target);
    if (url === null || !/^https?:$/.test(url.protocol))
      this.fault(this.#lineOf(at), kind, `expected ${KINDS[kind].target}; got ${JSON.stringify(target.slice(0, 60))}`);
    else if (url.username !== "" || url.password !== "")
      this.fault(this.#lineOf(at), kind, "expected an address without a user or a password: name a secret in key instead");
  }

  #refuseTwice(entries: readonly ModelEntry[]): void {
    const first = new Map<string, number>();
    for (const { name, line } of entries) {
      const before = first.get(name);
      if (before === undefined) first.set(name, line);
      else this.fault(line, "name", `the model of line ${before} is called "${name}" as well: give each a name of its own`);
    }
  }

  /** The line of a value, or of its key if it is a value of a map. For a missing value: the line of what should hold it. */
  #lineOf(path: readonly PropertyKey[]): number {
    const parent = this.#document.getIn(path.slice(0, -1));
    const last = path.at(-1);
    const pair = isCollection(parent) ? parent.items.find((item) => isPair(item) && String(item.key) === String(last)) : undefined;
    const key = isPair(pair) ? pair.key : undefined;
    const node = isNode(key) ? key : this.#document.getIn(path, true);
    const start = isNode(node) ? node.range?.[0] : undefined;
    if (start !== undefined) return this.#lines.linePos(start).line;
    return path.length > 1 ? this.#lineOf(path.slice(0, -1)) : 1;
  }
}
