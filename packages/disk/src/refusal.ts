/** @file What the operating system said when it refused something. */

/** The system's code of a thrown value, such as "ENOSPC"; undefined for anything else that was thrown. */
export function refusalOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
