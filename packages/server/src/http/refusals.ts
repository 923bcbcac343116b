/** @file How a route may refuse a request: what follows from its policy, in one table, and what it declares itself. */
import { type ErrorEntry, sampleText } from "@pickapic/errors";
import { GenerationError } from "@pickapic/generation";
import { ServerError } from "../errors.ts";
import type { Access } from "./accessLevel.ts";

const TABLE = { ...ServerError.table, ...GenerationError.table };

/** A code of the error table. */
export type RefusalCode = keyof typeof TABLE;

/** What decides how a route may refuse. */
export interface RoutePolicy {
  access: Access;
  /** False for GET: such a request changes nothing and has no body. */
  changes: boolean;
  /** Parameters, headers or a body are checked against a schema. */
  validated: boolean;
  /** Its address has a part that varies: one that is too long names nothing. */
  varies: boolean;
  /** Takes an Idempotency-Key. */
  idempotent: boolean;
  rateLimited: boolean;
  needsDatabase: boolean;
  /** Its own refusals. */
  fails: readonly RefusalCode[];
}

/** What applies -> the refusals that come from it. */
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
  [({ idempotent }) => idempotent, ["PICKAPIC_KEY_INVALID", "PICKAPIC_KEY_REUSED"]],
  [({ rateLimited, access }) => rateLimited && access !== "admin", ["PICKAPIC_TOO_MANY_REQUESTS"]],
  [({ needsDatabase }) => needsDatabase, ["PICKAPIC_DATABASE_UNREACHABLE", "PICKAPIC_DISK_FULL"]],
];

/** For a text that is its argument. */
const UNSAID = "A sentence that says which field, what was expected, and what came.";

/** A refusal as it is documented. */
export interface Refusal {
  code: RefusalCode;
  status: number;
  /** Its text; words in angle brackets stand for what came. */
  text: string;
}

/** Every refusal of a route, those of smaller status first. */
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
