/** @file Turns a thrown value into a sentence and an exit code. */
import { isDiskFull } from "@pickapic/disk";
import { UserError } from "./define.ts";

/** Refusals of the operating system, in words. `what` is the path or address concerned. */
const SYSTEM: Readonly<Record<string, (what: string) => string>> = {
  ENOENT: (what) => `There is no file or folder ${what}: check the path.`,
  EACCES: (what) => `No permission to use ${what}: choose another place or change its permissions.`,
  EPERM: (what) => `No permission to use ${what}: choose another place or change its permissions.`,
  EROFS: (what) => `Nothing can be written to ${what}: choose another place.`,
  ENOTDIR: (what) => `${what} is a file where a folder was expected: choose another path.`,
  EISDIR: (what) => `${what} is a folder where a file was expected: choose another path.`,
  EEXIST: (what) => `${what} is there already: choose another path or remove it.`,
  EADDRINUSE: (what) => `Another program listens on ${what}: choose another port with --port, or stop that program.`,
  EADDRNOTAVAIL: (what) => `This machine has no address ${what}: choose another one with --host.`,
};

/** The same for the middle of a sentence that has named the path. */
const REFUSALS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  ENOTDIR: "there is a file where a folder was expected",
  EACCES: "there is no permission to use it",
  EPERM: "there is no permission to use it",
};

/** Why the operating system refused a file that a sentence has named, in words; of a refusal without words its code, of another error its message. */
export function refusalOf(thrown: unknown): string {
  const code = codeOf(thrown);
  return code === undefined ? messageOf(thrown) : (REFUSALS[code] ?? code);
}

const diskFull = () => "The disk is full: free some space, then run the command again.";

/** What to print for a failure, and the exit code. */
export interface Failure {
  message: string;
  exitCode: number;
  /** True when the program is at fault, not its input. */
  bug: boolean;
  /** True when the operating system refused something in the middle of the work. */
  system?: boolean;
}

/** Sorts a thrown value into error for the user, refusal of the operating system, or bug. */
export function failureOf(thrown: unknown): Failure {
  const code = codeOf(thrown);
  const message = messageOf(thrown);
  if (thrown instanceof UserError) return { message, exitCode: thrown.exitCode, bug: false };
  if (code?.startsWith("PICKAPIC_")) return { message, exitCode: 1, bug: false };
  const system = isDiskFull(thrown) ? diskFull : code === undefined ? undefined : SYSTEM[code];
  if (system) return { message: system(subjectOf(thrown)), exitCode: 1, bug: false, system: true };
  return { message, exitCode: 1, bug: true };
}

/** The text of a thrown value. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The code of an error of ours ("PICKAPIC_...") or of the operating system ("ENOSPC"); undefined for any other value. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

const NO_SUBJECT = "what was asked for";

/** The path of an error of the operating system, or its address and port as "127.0.0.1:80". */
function subjectOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return NO_SUBJECT;
  if ("path" in thrown && typeof thrown.path === "string") return thrown.path;
  if (!("port" in thrown) || thrown.port === undefined) return NO_SUBJECT;
  return "address" in thrown && thrown.address !== undefined ? `${thrown.address}:${thrown.port}` : `${thrown.port}`;
}
