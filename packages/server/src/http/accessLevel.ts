/** @file The levels of access that a route can declare. */

/**
 * Who may use a route. "public": everyone. "user": users who are signed in and not banned. "consented": those of them who agreed to the
 * current consent text. "admin": requests with the operator's token. "caller": programs with a key of the judge.
 */
export type Access = "public" | "user" | "consented" | "admin" | "caller";
