/** @file The codes of errors with which a prompt, an order of images or a stream may be refused, for the description of the API. */

/** The codes for an order of images. */
export const ORDER_REFUSED = [
  "PICKAPIC_QUEUE_FULL",
  "PICKAPIC_ADDRESS_SHARE",
  "PICKAPIC_QUEUE_SHARE",
  "PICKAPIC_WEEKLY_SHARE",
] as const;
/** The codes for a prompt. */
export const PROMPT_REFUSED = [
  "PICKAPIC_PROMPT_EMPTY",
  "PICKAPIC_PROMPT_TOO_LONG",
  "PICKAPIC_PROMPT_CONTROL_CHARACTERS",
  "PICKAPIC_PROMPT_CONTROL_SYNTAX",
] as const;
/** The codes for a stream of events. */
export const STREAM_REFUSED = ["PICKAPIC_STREAMS_SHARE", "PICKAPIC_STREAMS_ADDRESS", "PICKAPIC_STREAMS_FULL"] as const;
