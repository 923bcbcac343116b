/** @file The operations of an OpenAPI document as a list. */
import type { OpenAPIV3_1 } from "openapi-types";

/** One method of one address. */
export interface Call {
  method: string;
  path: string;
  operation: OpenAPIV3_1.OperationObject;
}

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** Every operation of the document. */
export function callsOf({ paths = {} }: OpenAPIV3_1.Document): Call[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item?.[method] ? [{ method: method.toUpperCase(), path, operation: item[method] }] : [])),
  );
}
