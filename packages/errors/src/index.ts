/** @file Public names of @pickapic/errors. */

export {
  defineErrors,
  type ErrorEntry,
  type ErrorTable,
  sampleText,
  /** @public For programs that tell errors for the user from bugs. */
  UserError,
  type UserErrorClass,
} from "./define.ts";
export { expectedOf, firstFault, jsonOf, type SchemaFault, type SchemaIssue, shown } from "./expected.ts";
export { codeOf, type Failure, failureOf, messageOf, refusalOf } from "./failure.ts";
export { byteAt, doubleAt, entryOf, fieldOf, floatAt, itemAt } from "./present.ts";
