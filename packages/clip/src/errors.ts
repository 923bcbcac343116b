/** @file Everything that can go wrong with a checkpoint through no fault of ours, one stable code each. */

/** What each code means. The command line prints the message and exits 1; the code is for programs. */
export const CLIP_ERRORS = {
  PICKAPIC_CLIP_FOLDER_MISSING: "The checkpoint folder does not exist or is not a folder.",
  PICKAPIC_CLIP_FILE_MISSING: "A file that a checkpoint needs is not there.",
  PICKAPIC_CLIP_FILE_UNREADABLE: "A file of a checkpoint cannot be read, or is not the JSON it should be.",
  PICKAPIC_CLIP_PICKLE_REFUSED: "The checkpoint has only pickled weights, which can run code when opened.",
  PICKAPIC_CLIP_CONFIG_UNSUPPORTED: "The config describes a model that is not a CLIP of a kind we know.",
  PICKAPIC_CLIP_SAFETENSORS_BROKEN: "The safetensors file is truncated, or its header does not describe it.",
  PICKAPIC_CLIP_TENSORS_WRONG: "Tensors of the checkpoint are missing, unknown or of the wrong shape.",
  PICKAPIC_CLIP_WEIGHTS_NOT_FINITE: "A weight is not a number or is infinite.",
  PICKAPIC_CLIP_HUB_OFFLINE: "A model is not in the cache, and HF_HUB_OFFLINE is set.",
  PICKAPIC_CLIP_HUB_NOT_FOUND: "The hub has no such model or revision, or there is no CLIP in it.",
  PICKAPIC_CLIP_HUB_DENIED: "The hub wants a token, or the terms of a model accepted.",
  PICKAPIC_CLIP_HUB_BUSY: "The hub asks to be left alone for a while.",
  PICKAPIC_CLIP_HUB_UNREACHABLE: "The hub does not answer, breaks off or answers something else.",
  PICKAPIC_CLIP_HUB_CHECKSUM: "What came is not what the hub announced.",
  PICKAPIC_CLIP_HUB_DISK_FULL: "There is no room for a download.",
  PICKAPIC_CLIP_CONVERSION_REFUSED: "A model cannot be written as what was asked for.",
  PICKAPIC_CLIP_DISK_FULL: "There is no room for weights that are to be written.",
  PICKAPIC_CLIP_TOKENIZER_BROKEN: "The tokenizer's files do not describe a CLIP tokenizer.",
  PICKAPIC_CLIP_PROCESSOR_UNSUPPORTED: "preprocessor_config.json asks for something CLIP's processor does not do.",
} as const;

export type ClipErrorCode = keyof typeof CLIP_ERRORS;

/** Names in damaged files may be megabytes long. */
const LONGEST = 1500;

/** One line that is safe to print: what is quoted from a file must not move the cursor of a terminal. */
function printable(message: string): string {
  const line = message.slice(0, LONGEST + 1).replace(/[\p{Cc}\u2028\u2029]/gu, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)} ...` : line;
}

/** A failure to be shown to the user as it is: who, what was expected, what came, what to do. */
export class ClipError extends Error {
  override name = "ClipError";
  readonly code: ClipErrorCode;

  constructor(code: ClipErrorCode, message: string, options?: ErrorOptions) {
    super(printable(message), options);
    this.code = code;
  }
}

/** The first few of many, as one phrase: "a, b and 7 more". */
export function few(items: readonly string[], shown = 4): string {
  const rest = items.length - shown;
  return rest > 0 ? `${items.slice(0, shown).join(", ")} and ${rest} more` : items.join(", ");
}
