/** @file The rankings of the database as columns: one COPY, typed arrays, and each different text once. */
import {
  ascending,
  type Block,
  type ColumnData,
  type ColumnName,
  extendedTexts,
  GrowingDictionary,
  GrowingIntegers,
  GrowingNumbers,
  NO_WINNER,
  prefixedTexts,
  type TextDictionary,
  uuidTexts,
} from "@pickapic/dataset";
import type { CopiedRow } from "./copied.ts";

const OF_RANKING = [
  "r.id",
  "p.ranker_id",
  "o.prompt",
  "r.created_at",
  "r.choice",
  "r.answer_ms",
  "r.consent_version",
  "r.simulated::text",
  "c.kept_image",
  "c.draw_probability",
] as const;
const OF_IMAGE = ["id", "model", "seed", "guidance_scale", "steps", "scheduler", "asked_negative_prompt"] as const;

/** The select list of the COPY: of ranking r, person p, round o, comparison c, its left image i0 and its right image i1. */
export const SELECTED: readonly string[] = [
  ...OF_RANKING,
  ...["i0", "i1"].flatMap((i) => OF_IMAGE.map((name) => `${i}.${name}`)),
];

const field = (name: (typeof OF_RANKING)[number]): number => OF_RANKING.indexOf(name);
/** The fields of the left image, i = 0, or of the right one, i = 1. */
const imageFields = (i: number) => {
  const index = (name: (typeof OF_IMAGE)[number]): number => OF_RANKING.length + i * OF_IMAGE.length + OF_IMAGE.indexOf(name);
  return {
    id: index("id"),
    model: index("model"),
    seed: index("seed"),
    guidance: index("guidance_scale"),
    steps: index("steps"),
    scheduler: index("scheduler"),
    negative: index("asked_negative_prompt"),
  };
};

const FIELD = {
  id: field("r.id"),
  ranker: field("p.ranker_id"),
  prompt: field("o.prompt"),
  createdAt: field("r.created_at"),
  choice: field("r.choice"),
  answerMs: field("r.answer_ms"),
  consent: field("r.consent_version"),
  simulated: field("r.simulated::text"),
  kept: field("c.kept_image"),
  drawn: field("c.draw_probability"),
};

const LEFT_IMAGE = imageFields(0);
const RIGHT_IMAGE = imageFields(1);

/** Microseconds from 1970, where the dataset's times start, to 2000, where PostgreSQL's do. */
const EPOCH_US = 946_684_800_000_000n;
const UUID_BYTES = 16;
/** Eight bytes of zeros, for the value of a null. */
const NOTHING = Buffer.alloc(8);
/** First letters of the choices: left, right, tie. */
const [LEFT, TIE] = [..."lt"].map((letter) => letter.charCodeAt(0));

const int32s = (length: number) => new Int32Array(length);
const doubles = (length: number) => new Float64Array(length);
const bytesOf = (length: number) => new Uint8Array(length);

/** A column of texts, each different one stored once. */
class TextColumn {
  readonly #dictionary = new GrowingDictionary();
  readonly #codes = new GrowingNumbers(int32s);

  add(row: CopiedRow, index: number): void {
    this.#codes.push(codeOf(this.#dictionary, row, index));
  }

  takeInOrder(order: Int32Array): ColumnData {
    return { kind: "texts", codes: this.#codes.takeInOrder(order), dictionary: this.#dictionary.closed() };
  }
}

/** The columns of one of the two images. */
class ImageColumns {
  readonly uids = new GrowingNumbers(int32s);
  readonly models = new GrowingNumbers(int32s);
  readonly seeds = new GrowingIntegers();
  readonly guidance = new GrowingNumbers(doubles);
  readonly steps = new GrowingNumbers(int32s);
  /** 1 where the setting of the row is there, 0 where it is null. */
  readonly present = {
    seeds: new GrowingNumbers(bytesOf),
    guidance: new GrowingNumbers(bytesOf),
    steps: new GrowingNumbers(bytesOf),
  };
  readonly negatives = new GrowingNumbers(int32s);
  readonly schedulers = new GrowingNumbers(int32s);
}

/**
 * Collects rankings in any order. Image 0 is the one with the smaller uid, which is random and so tells nothing about side, age or
 * outcome.
 */
export class RankingColumns {
  readonly #ids = new GrowingIntegers();
  readonly #rankers = new GrowingIntegers();
  readonly #createdAt = new GrowingIntegers();
  readonly #answerMs = new GrowingNumbers(int32s);
  /** Label of image 0: 1, 0, or 0.5 for a tie. */
  readonly #labels = new GrowingNumbers(doubles);
  /** Slot of image 0: 0 left, 1 right. */
  readonly #slots = new GrowingNumbers(int32s);
  /** The image that stayed: 0, 1, or -1. */
  readonly #kept = new GrowingNumbers(int32s);
  /** The probability of the pair's draw, and 1 where it is known. */
  readonly #drawn = new GrowingNumbers(doubles);
  readonly #drawnPresent = new GrowingNumbers(bytesOf);
  readonly #images = [new ImageColumns(), new ImageColumns()] as const;
  readonly #texts = { prompt: new TextColumn(), consent: new TextColumn(), simulated: new TextColumn() };
  readonly #uids = new GrowingDictionary();
  readonly #models = new GrowingDictionary();
  readonly #schedulers = new GrowingDictionary();
  readonly #negatives = new GrowingDictionary();

  /** Adds a row of a COPY of SELECTED. */
  add(row: CopiedRow): void {
    const { bytes, starts } = row;
    const at = (index: number): number => starts[index] ?? 0;
    this.#ids.pushBigEndian(bytes, at(FIELD.id));
    this.#rankers.pushBigEndian(bytes, at(FIELD.ranker));
    this.#createdAt.pushBigEndian(bytes, at(FIELD.createdAt));
    this.#answerMs.push(bytes.readInt32BE(at(FIELD.answerMs)));
    this.#texts.prompt.add(row, FIELD.prompt);
    this.#texts.consent.add(row, FIELD.consent);
    this.#texts.simulated.add(row, FIELD.simulated);
    const left = at(LEFT_IMAGE.id);
    const right = at(RIGHT_IMAGE.id);
    const swapped = compareBytes(bytes, right, left) < 0;
    const letter = bytes[at(FIELD.choice)];
    this.#labels.push(letter === TIE ? 0.5 : Number((letter === LEFT) !== swapped));
    this.#slots.push(Number(swapped));
    const kept = (row.lengths[FIELD.kept] ?? -1) < 0 ? -1 : Number(compareBytes(bytes, at(FIELD.kept), left) !== 0);
    this.#kept.push(kept < 0 ? -1 : swapped ? 1 - kept : kept);
    const isDrawn = (row.lengths[FIELD.drawn] ?? -1) >= 0;
    this.#drawn.push(isDrawn ? bytes.readDoubleBE(at(FIELD.drawn)) : 0);
    this.#drawnPresent.push(Number(isDrawn));
    this.#addImage(row, this.#images[0], swapped ? RIGHT_IMAGE : LEFT_IMAGE);
    this.#addImage(row, this.#images[1], swapped ? LEFT_IMAGE : RIGHT_IMAGE);
  }

  #addImage(row: CopiedRow, columns: ImageColumns, field: typeof LEFT_IMAGE): void {
    const { bytes, starts, lengths } = row;
    const at = (index: number): number => starts[index] ?? 0;
    const isThere = (index: number): boolean => (lengths[index] ?? -1) >= 0;
    columns.uids.push(codeOf(this.#uids, row, field.id));
    columns.models.push(codeOf(this.#models, row, field.model));
    columns.present.seeds.push(Number(isThere(field.seed)));
    columns.present.guidance.push(Number(isThere(field.guidance)));
    columns.present.steps.push(Number(isThere(field.steps)));
    if (isThere(field.seed)) columns.seeds.pushBigEndian(bytes, at(field.seed));
    else columns.seeds.pushBigEndian(NOTHING, 0);
    columns.guidance.push(isThere(field.guidance) ? bytes.readDoubleBE(at(field.guidance)) : 0);
    columns.steps.push(isThere(field.steps) ? bytes.readInt32BE(at(field.steps)) : 0);
    columns.negatives.push(codeOf(this.#negatives, row, field.negative));
    columns.schedulers.push(codeOf(this.#schedulers, row, field.scheduler));
  }

  /**
   * The rankings in the order of their ids. Nothing may be added any more.
   * @param imagePrefix what the address of an image has before its uid
   */
  block(imagePrefix: string): Block {
    const order = ascending(this.#ids.values());
    return { length: order.length, columns: new Map(this.#columns(imagePrefix, order)) };
  }

  /** Each column is taken when its turn comes, so that no more than one is there in two orders. */
  *#columns(imagePrefix: string, order: Int32Array): Iterable<[ColumnName, ColumnData]> {
    const uids = uuidTexts(this.#uids.closed());
    yield ["ranking_id", { kind: "integers", values: this.#ids.takeInOrder(order) }];
    yield ["user_id", { kind: "integers", values: this.#rankers.takeInOrder(order) }];
    const times = this.#createdAt.takeInOrder(order);
    for (let i = 0; i < times.length; i++) times[i] = 1000n * ((times[i] ?? 0n) + EPOCH_US);
    yield ["created_at", { kind: "integers", values: times }];
    yield ["answer_ms", { kind: "numbers", values: this.#answerMs.takeInOrder(order) }];
    yield ["caption", this.#texts.prompt.takeInOrder(order)];
    yield ["consent_version", this.#texts.consent.takeInOrder(order)];
    yield ["simulated", this.#texts.simulated.takeInOrder(order)];
    const drawn = { values: this.#drawn.takeInOrder(order), present: this.#drawnPresent.takeInOrder(order) };
    yield ["draw_probability", { kind: "numbers", ...drawn }];
    for (const i of [0, 1] as const) {
      const { guidance, steps, seeds, negatives, schedulers, present } = this.#images[i];
      const presentOf = (name: keyof typeof present) => present[name].takeInOrder(order);
      yield [`seed_${i}`, { kind: "integers", values: seeds.takeInOrder(order), present: presentOf("seeds") }];
      yield [`guidance_scale_${i}`, { kind: "numbers", values: guidance.takeInOrder(order), present: presentOf("guidance") }];
      yield [`steps_${i}`, { kind: "numbers", values: steps.takeInOrder(order), present: presentOf("steps") }];
      yield [
        `negative_prompt_${i}`,
        { kind: "texts", codes: negatives.takeInOrder(order), dictionary: this.#negatives.closed() },
      ];
      yield [`scheduler_${i}`, { kind: "texts", codes: schedulers.takeInOrder(order), dictionary: this.#schedulers.closed() }];
    }
    yield* this.#judgedColumns(imagePrefix, uids, order);
  }

  /** The columns that say which images were judged, and how. */
  *#judgedColumns(imagePrefix: string, uids: TextDictionary, order: Int32Array): Iterable<[ColumnName, ColumnData]> {
    const labels = this.#labels.takeInOrder(order);
    const [models0, models1] = this.#images.map(({ models }) => models.takeInOrder(order));
    const [uids0, uids1] = this.#images.map((image) => image.uids.takeInOrder(order));
    const urls = prefixedTexts(imagePrefix, uids);
    for (const [i, codes] of [uids0, uids1].entries()) {
      const image = i === 0 ? 0 : 1;
      yield [`image_${image}_uid`, { kind: "texts", codes: codes ?? new Int32Array(), dictionary: uids }];
      yield [`image_${image}_url`, { kind: "texts", codes: codes ?? new Int32Array(), dictionary: urls }];
    }
    yield ["model_0", { kind: "texts", codes: models0 ?? new Int32Array(), dictionary: this.#models }];
    yield ["model_1", { kind: "texts", codes: models1 ?? new Int32Array(), dictionary: this.#models }];
    const different = filled(new Uint8Array(labels.length), (i) => Number(models0?.[i] !== models1?.[i]));
    yield ["are_different", { kind: "numbers", values: different }];
    const none = this.#uids.size;
    const best = filled(new Int32Array(labels.length), (i) =>
      labels[i] === 0.5 ? none : ((labels[i] === 1 ? uids0 : uids1)?.[i] ?? -1),
    );
    yield ["best_image_uid", { kind: "texts", codes: best, dictionary: extendedTexts(uids, NO_WINNER) }];
    yield* this.#labelColumns(labels, order);
  }

  *#labelColumns(labels: Float64Array, order: Int32Array): Iterable<[ColumnName, ColumnData]> {
    const kept = this.#kept.takeInOrder(order);
    const sides = new GrowingDictionary();
    for (const side of ["left", "right"]) sides.codeOfText(side);
    yield ["label_0", { kind: "numbers", values: labels }];
    yield ["label_1", { kind: "numbers", values: filled(new Float64Array(labels.length), (i) => 1 - (labels[i] ?? 0)) }];
    const labelled = filled(new Uint8Array(labels.length), (i) => Number(labels[i] !== 0.5));
    yield ["has_label", { kind: "numbers", values: labelled }];
    yield ["slot_0", { kind: "texts", codes: this.#slots.takeInOrder(order), dictionary: sides }];
    const present = filled(new Uint8Array(kept.length), (i) => Number((kept[i] ?? -1) >= 0));
    yield ["kept_image", { kind: "numbers", values: kept, present }];
  }
}

/** Fills an array by index. It is a loop, because `from` of a typed array makes a list of all values first. */
function filled<T extends Float64Array | Int32Array | Uint8Array>(values: T, valueAt: (i: number) => number): T {
  for (let i = 0; i < values.length; i++) values[i] = valueAt(i);
  return values;
}

/** The code of a field's bytes; -1 for null. */
function codeOf(dictionary: GrowingDictionary, { bytes, starts, lengths }: CopiedRow, index: number): number {
  const start = starts[index] ?? 0;
  const length = lengths[index] ?? -1;
  return length < 0 ? -1 : dictionary.codeOf(bytes, start, start + length);
}

/** Compares the uuids at two places. */
function compareBytes(bytes: Buffer, a: number, b: number): number {
  for (let i = 0; i < UUID_BYTES; i++) {
    const difference = (bytes[a + i] ?? 0) - (bytes[b + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
