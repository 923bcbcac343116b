/** @file The errors of this package: shape errors, which are bugs of the caller, and errors that a user can act on. */
import { defineErrors } from "@pickapic/errors";
import type { Shape } from "./ops.ts";

/**
 * A graph that cannot exist, because shapes, dtypes or attributes do not fit. Thrown when the node is written, not when it runs.
 */
export class ShapeError extends Error {
  override name = "ShapeError";
}

/** A device or a file of weights cannot be used; the message can be shown as it is. */
export const GraphError = defineErrors("GraphError", {
  PICKAPIC_GRAPH_DEVICE_MISSING: {
    text: (device: string, reason: string, remedy: string) =>
      `device "${device}" cannot be used on this machine: ${reason}. ${remedy}`,
  },
  PICKAPIC_GRAPH_WEIGHTS_UNREADABLE: {
    text: (folder: string, reason: string) =>
      `weights could not be read from ${folder}: ${reason}. Check that the checkpoint is complete, or download it again.`,
  },
  PICKAPIC_GRAPH_NETWORK_UNFIT: {
    text: (file: string, reason: string) => `${file} cannot be used as a network of features: ${reason}.`,
  },
});
/** One error that a user can act on: `code` is one of the codes in the table, and `message` can be shown as it is. */
export type GraphError = InstanceType<typeof GraphError>;

/** A shape as messages show it, such as "[8, 77, 512]". */
export const formatShape = (shape: Shape): string => `[${shape.join(", ")}]`;
