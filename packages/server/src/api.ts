/** @file The HTTP contract: the schema and the type of every body of a request or a reply. It imports nothing but zod, so that pages can use it. */
export * from "./api/bestOf.ts";
export * from "./api/exports.ts";
export * from "./api/figures.ts";
export * from "./api/operations.ts";
export * from "./api/people.ts";
export * from "./api/reports.ts";
export * from "./api/rounds.ts";
export { PROMPT_MAX_CHARACTERS, textUpTo } from "./api/text.ts";
