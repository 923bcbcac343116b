/** @file Who a route is for. */

/**
 * Who may use a route. "public": everybody. "user": whoever is signed in and not banned. "consented": users who agreed to the current
 * consent text. "admin": the bearer of the operator's token.
 */
export type Access = "public" | "user" | "consented" | "admin";
