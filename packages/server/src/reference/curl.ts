/** @file Writes an operation as a curl command. */
import type { OpenAPIV3_1 } from "openapi-types";
import type { Call } from "./calls.ts";
import { exampleOf, type Named, type Schema } from "./schemas.ts";

/** Returns the curl command that calls an operation. It reads the session from the file cookies.txt, where the command of a sign-in has written it. */
export function curlOf({ method, path, operation }: Call, named: Named, origin: string): string {
  const parameters = (operation.parameters ?? []) as OpenAPIV3_1.ParameterObject[];
  const exampleIn = ({ schema = {}, name }: OpenAPIV3_1.ParameterObject) => String(exampleOf(schema as Schema, named, name));
  const address = parameters
    .filter(({ in: location }) => location === "path")
    .reduce((url, parameter) => url.replace(`{${parameter.name}}`, exampleIn(parameter)), path);
  const query = parameters
    .filter(({ in: location, required }) => location === "query" && required)
    .map((parameter) => `${parameter.name}=${encodeURIComponent(exampleIn(parameter))}`);
  const url = `${origin}${address}${query.length > 0 ? `?${query.join("&")}` : ""}`;
  const options = [...credentials(operation), ...(isStream(operation) ? ["-N"] : []), ...bodyOf(operation, named)];
  const verb = method === "GET" ? "curl" : `curl -X ${method}`;
  return [`${verb} ${quoted(url)}`, ...options].join(" \\\n  ");
}

function isStream({ responses = {} }: OpenAPIV3_1.OperationObject): boolean {
  return JSON.stringify(responses).includes('"text/event-stream"');
}

function credentials({ security = [], operationId }: OpenAPIV3_1.OperationObject): string[] {
  const schemes = security.flatMap((each) => Object.keys(each));
  if (schemes.includes("operator")) return ['-H "Authorization: Bearer $(cat data/admin-token)"'];
  if (operationId === "signInAsGuest") return ["-c cookies.txt"];
  return schemes.includes("session") ? ["-b cookies.txt"] : [];
}

function bodyOf({ requestBody }: OpenAPIV3_1.OperationObject, named: Named): string[] {
  const schema = requestBody && "content" in requestBody ? requestBody.content["application/json"]?.schema : undefined;
  if (!schema) return [];
  return [`-H ${quoted("Content-Type: application/json")}`, `-d ${quoted(JSON.stringify(exampleOf(schema as Schema, named)))}`];
}

/** Quotes a text for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
