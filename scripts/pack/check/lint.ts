/** @file What publint and "are the types wrong" say about a tarball. */
import { readFileSync } from "node:fs";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

/** Ways to resolve a package that packages with only ESM do not serve: by CommonJS, and by programs that do not know "exports". */
const NOT_SERVED = new Set(["node10", "node16-cjs"]);

/** The complaints about a tarball, none for a good one. @param typed whether the package has types to check */
export async function complaints(file: string, typed: boolean): Promise<string[]> {
  const bytes = readFileSync(file);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  const said = messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
  return typed ? [...said, ...(await typeComplaints(bytes))] : said;
}

async function typeComplaints(tarball: Uint8Array): Promise<string[]> {
  const result = await checkPackage(createPackageFromTarballData(tarball));
  if (!result.types) return ["it has no types"];
  return result.problems
    .filter((problem) => !("resolutionKind" in problem && NOT_SERVED.has(problem.resolutionKind)))
    .map((problem) => `types: ${problem.kind}${"entrypoint" in problem ? ` at ${problem.entrypoint}` : ""}`);
}
