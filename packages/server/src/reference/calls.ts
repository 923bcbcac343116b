/** @file Lists the operations of an OpenAPI document. */
import type { OpenAPIV3_1 } from "openapi-types";

/** One operation: a method of a path. */
export interface Call {
  method: string;
  path: string;
  operation: OpenAPIV3_1.OperationObject;
}

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** Returns all operations of the document. */
export function callsOf({ paths = {} }: OpenAPIV3_1.Document): Call[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item?.[method] ? [{ method: method.toUpperCase(), path, operation: item[method] }] : [])),
  );
}
