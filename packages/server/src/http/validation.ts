/** @file Checks what came with a request against the schemas of its route. */
import { expectedOf, type SchemaIssue } from "@pickapic/errors";
import type { FastifySchemaCompiler } from "fastify";
import type { z } from "zod";

/** The body, the parameters or the headers of a request do not match their schema. */
export class SchemaMismatch extends Error {
  /** Which of them is wrong, as Fastify calls it: "body", "querystring", "params" or "headers". */
  readonly validationContext?: string;
  /** What is wrong, in the order in which it was found. */
  readonly issues: readonly SchemaIssue[];
  /** What came. */
  readonly value: unknown;

  constructor(issues: readonly SchemaIssue[], value: unknown) {
    super("a request does not match its schema");
    this.issues = issues;
    this.value = value;
  }
}

/** Fastify's validator compiler for schemas of zod. Its faults are told in our words, unless a schema has words of its own. */
export const compileValidator: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (value) => {
    const { data, error } = schema.safeParse(value, { error: expectedOf });
    return error ? { error: new SchemaMismatch(error.issues, value) } : { value: data };
  };
