/** @file The errors of picture files. */

import { defineErrors } from "@pickapic/errors";

/** A picture that cannot be used. The message names the picture and says what was expected, what came and what to do. */
export const PictureError = defineErrors("PictureError", {
  PICKAPIC_PICTURE_UNREADABLE: {
    status: 422,
    text: (name: string, what: string) => `${name}: expected a picture; ${what}.`,
  },
  PICKAPIC_PICTURE_TOO_LARGE: {
    status: 422,
    text: (name: string, most: number, width: number, height: number) =>
      `${name}: expected at most ${most} pixels; it has ${width} x ${height}: make it smaller first.`,
  },
});
/** One error of this package: `code` is one of the codes in the table, and `message` can be shown as it is. */
export type PictureError = InstanceType<typeof PictureError>;
