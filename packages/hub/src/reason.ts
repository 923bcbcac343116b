/** @file Says in words why a request got no answer. */

/** The reason for each code of Node and its HTTP client. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "no address is known for its name"],
  ["EAI_AGAIN", "its name could not be looked up"],
  ["ECONNREFUSED", "nothing answers there"],
  ["ECONNRESET", "the connection was broken off"],
  ["EPIPE", "the connection was broken off"],
  ["UND_ERR_SOCKET", "the connection was broken off"],
  ["ETIMEDOUT", "no answer in time"],
  ["UND_ERR_CONNECT_TIMEOUT", "no answer in time"],
  ["UND_ERR_HEADERS_TIMEOUT", "no answer in time"],
  ["UND_ERR_BODY_TIMEOUT", "the connection fell silent"],
  ["EHOSTUNREACH", "there is no way to it in this network"],
  ["ENETUNREACH", "there is no network"],
  ["EPROTO", "it does not speak TLS"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "it does not speak TLS"],
  ["HPE_INVALID_CONSTANT", "it does not speak HTTP"],
  ["CERT_HAS_EXPIRED", "its certificate has expired"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is that of another host"],
]);
/** A certificate whose authority this machine does not know, as company proxies present it. */
const UNKNOWN_AUTHORITY =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/;

/** Messages of wrappers, which say that there was an error but not which. */
const EMPTY = /^(fetch failed|terminated|other side closed|error|\s*)$/i;

/** Returns why there was no answer, in a few words from the innermost cause that says something; never empty. */
export function reasonOf(error: unknown): string {
  const chain = causesOf(error);
  if (chain.some(({ name }) => name === "TimeoutError")) return "no answer in time";
  const codes = chain.flatMap(({ code }) => (typeof code === "string" ? [code] : []));
  const code = codes.findLast((each) => describe(each) !== null) ?? codes.at(-1);
  const known = code === undefined ? null : describe(code);
  if (known !== null) return `${known} (${code})`;
  const message = chain
    .map(({ message }) => (typeof message === "string" ? message : "").replace(/\n[\s\S]*/, "").trim())
    .findLast((each) => !EMPTY.test(each));
  return message ?? (code === undefined ? "the connection failed, and nothing says why" : `the connection failed (${code})`);
}

function describe(code: string): string | null {
  if (UNKNOWN_AUTHORITY.test(code))
    return "its certificate is of an authority that this machine does not know: name the file of that authority in NODE_EXTRA_CA_CERTS";
  return REASONS.get(code) ?? null;
}

interface Cause {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

/** What an object that was thrown may have. */
interface Thrown extends Cause {
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** The error, its cause, and so on; of several errors at once the first. */
function causesOf(error: unknown): Cause[] {
  const chain: Cause[] = [];
  for (let each: unknown = error; each !== undefined && each !== null && chain.length < 20; ) {
    if (typeof each !== "object") return [...chain, { message: String(each) }];
    const { name, code, message, cause, errors }: Thrown = each;
    chain.push({ name, code, message });
    each = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return chain;
}
