/** @file Lists the errors that a route may reply with: those that its policy implies, from one table, and those that it declares itself. */
import { type ErrorEntry, sampleText } from "@pickapic/errors";
import { GenerationError } from "@pickapic/generation";
import { JudgeError } from "@pickapic/judge";
import { ServerError } from "../errors.ts";
import type { Access } from "./accessLevel.ts";

const TABLE = { ...ServerError.table, ...GenerationError.table, ...JudgeError.table };

/** A code of the error table. */
export type RefusalCode = keyof typeof TABLE;

/** The properties of a route that decide which errors it may reply with. */
export interface RoutePolicy {
  access: Access;
  /** False for GET requests, which change nothing and have no body. */
  changes: boolean;
  /** True if parameters, headers or a body are checked against a schema. */
  validated: boolean;
  /** True if its address has a variable part. An address whose part is too long does not exist. */
  varies: boolean;
  /** True if it takes an Idempotency-Key. */
  idempotent: boolean;
  rateLimited: boolean;
  needsDatabase: boolean;
  /** The errors that the route declares itself. */
  fails: readonly RefusalCode[];
}

/** Pairs of a condition on the policy and the errors that it implies. */
const RULES: readonly [applies: (policy: RoutePolicy) => boolean, codes: readonly RefusalCode[]][] = [
  [
    () => true,
    [
      "PICKAPIC_REQUEST_MALFORMED",
      "PICKAPIC_ADDRESS_INVALID",
      "PICKAPIC_HOST_INVALID",
      "PICKAPIC_REQUEST_SLOW",
      "PICKAPIC_EXPECTATION_UNKNOWN",
      "PICKAPIC_HOST_FOREIGN",
      "PICKAPIC_HEADERS_TOO_LARGE",
      "PICKAPIC_INTERNAL",
      "PICKAPIC_STOPPING",
    ],
  ],
  [({ varies }) => varies, ["PICKAPIC_ROUTE_UNKNOWN"]],
  [({ validated }) => validated, ["PICKAPIC_BODY_INVALID"]],
  [
    ({ changes }) => changes,
    [
      "PICKAPIC_BODY_INVALID",
      "PICKAPIC_BODY_NOT_JSON",
      "PICKAPIC_BODY_TYPE",
      "PICKAPIC_BODY_TOO_LARGE",
      "PICKAPIC_ORIGIN_FOREIGN",
    ],
  ],
  [({ access }) => access === "user" || access === "consented", ["PICKAPIC_SIGN_IN_REQUIRED", "PICKAPIC_BANNED"]],
  [({ access }) => access === "consented", ["PICKAPIC_CONSENT_REQUIRED"]],
  [({ access }) => access === "admin", ["PICKAPIC_ADMIN_REQUIRED"]],
  [
    ({ access }) => access === "caller",
    [
      "PICKAPIC_JUDGE_KEY_MISSING",
      "PICKAPIC_JUDGE_KEY_UNKNOWN",
      "PICKAPIC_JUDGE_KEY_EXPIRED",
      "PICKAPIC_JUDGE_MEMORY",
      "PICKAPIC_JUDGE_CLOSED",
    ],
  ],
  [({ idempotent }) => idempotent, ["PICKAPIC_KEY_INVALID", "PICKAPIC_KEY_REUSED"]],
  [({ rateLimited, access }) => rateLimited && access !== "admin", ["PICKAPIC_TOO_MANY_REQUESTS"]],
  [({ needsDatabase }) => needsDatabase, ["PICKAPIC_DATABASE_UNREACHABLE", "PICKAPIC_DISK_FULL"]],
];

/** Stands in the documentation for an error whose whole text is an argument. */
const UNSAID = "A sentence that says which field, what was expected, and what came.";

/** An error as the API's description documents it. */
export interface Refusal {
  code: RefusalCode;
  status: number;
  /** Its text. Words in angle brackets stand for values. */
  text: string;
}

/** Returns every error that a route may reply with, in the order of their statuses. */
export function refusalsOf(policy: RoutePolicy): Refusal[] {
  const codes = new Set(RULES.flatMap(([applies, found]) => (applies(policy) ? found : [])).concat(policy.fails));
  return [...codes].map(describeRefusal).sort((a, b) => a.status - b.status);
}

function describeRefusal(code: RefusalCode): Refusal {
  const entry: ErrorEntry = TABLE[code];
  const text = [entry.meaning, sampleText(entry)]
    .filter(Boolean)
    .join(" ")
    .replace(/^‹\w+›$/, UNSAID);
  return { code, status: entry.status ?? 500, text };
}
