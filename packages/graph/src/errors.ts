/** @file The errors of this package: shape errors, which are bugs of the caller, and errors that a user can act on. */
import type { Shape } from "./ops.ts";

/**
 * A graph that cannot exist, because shapes, dtypes or attributes do not fit. Thrown when the node is written, not when it runs.
 */
export class ShapeError extends Error {
  override name = "ShapeError";
}

/** Errors for the user, by stable code. The text says who, what was expected, what came and what to do. */
export const graphErrors = {
  PICKAPIC_GRAPH_DEVICE_MISSING: (device: string, reason: string, remedy: string) =>
    `device "${device}" cannot be used on this machine: ${reason}. ${remedy}`,
  PICKAPIC_GRAPH_WEIGHTS_UNREADABLE: (folder: string, reason: string) =>
    `weights could not be read from ${folder}: ${reason}. Check that the checkpoint is complete, or download it again`,
} as const;

export type GraphErrorCode = keyof typeof graphErrors;

export class GraphError extends Error {
  override name = "GraphError";
  readonly code: GraphErrorCode;

  constructor(code: GraphErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Returns a `GraphError` with the text of its code. */
export function graphError<C extends GraphErrorCode>(code: C, details: Parameters<(typeof graphErrors)[C]>, cause?: unknown) {
  const text = graphErrors[code] as (...details: string[]) => string;
  return new GraphError(code, text(...details), { cause });
}

export const formatShape = (shape: Shape): string => `[${shape.join(", ")}]`;
