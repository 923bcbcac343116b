/** @file Public names of @pickapic/errors. */

export { defineErrors, type ErrorEntry, type ErrorTable, UserError, type UserErrorClass } from "./define.ts";
export { type Failure, failureOf } from "./failure.ts";
