/** @file The rankings of the database as columns: three COPYs, typed arrays, and each image, prompt and different text once. */
import {
  ascending,
  type Block,
  type ColumnData,
  type ColumnName,
  extendedTexts,
  GrowingDictionary,
  GrowingIntegers,
  GrowingNumbers,
  GrowingUuids,
  NO_WINNER,
  prefixedTexts,
  releaseBytes,
  uuidTexts,
} from "@pickapic/dataset";
import { type CopiedRow, copiedField, copiedUuid, isCopiedNull } from "./copied.ts";
import { ImageColumns } from "./images.ts";

/** The select list of the COPY of rankings: of ranking r, person p and comparison c. */
export const OF_RANKING = [
  "r.id",
  "p.ranker_id",
  "r.created_at",
  "r.choice",
  "r.answer_ms",
  "r.consent_version",
  "r.simulated::text",
  "c.kept_image",
  "c.draw_probability",
  "c.left_image",
  "c.right_image",
  "c.round_id",
] as const;

/** The select list of the COPY of rounds. */
export const OF_ROUND = ["id", "prompt"] as const;

const field = (name: (typeof OF_RANKING)[number]): number => OF_RANKING.indexOf(name);
const FIELD = {
  id: field("r.id"),
  ranker: field("p.ranker_id"),
  createdAt: field("r.created_at"),
  choice: field("r.choice"),
  answerMs: field("r.answer_ms"),
  consent: field("r.consent_version"),
  simulated: field("r.simulated::text"),
  kept: field("c.kept_image"),
  drawn: field("c.draw_probability"),
  left: field("c.left_image"),
  right: field("c.right_image"),
  round: field("c.round_id"),
};
const [ROUND_ID, ROUND_PROMPT] = [OF_ROUND.indexOf("id"), OF_ROUND.indexOf("prompt")];

/** Microseconds from 1970, where the dataset's times start, to 2000, where PostgreSQL's do. */
const EPOCH_US = 946_684_800_000_000;
const UUID_BYTES = 16;
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
    this.#codes.push(copiedField(this.#dictionary, row, index));
  }

  /** The column in another order; undefined when every row is null. */
  takeInOrder(order: Int32Array): ColumnData | undefined {
    if (this.#dictionary.size === 0) return undefined;
    return { kind: "texts", codes: this.#codes.takeInOrder(order), dictionary: this.#dictionary.closed() };
  }
}

/**
 * What a person said about image 0, as one code: its outcome (0 lost, 1 won, 2 tie) x 6 + its slot (0 left, 1 right) x 3 + the image that was
 * kept (0, 1, or 2 for none).
 */
const judgement = (outcome: number, slot: number, kept: number): number => outcome * 6 + slot * 3 + kept;
const JUDGEMENTS = Array.from({ length: 18 }, (_, code) => ({
  outcome: Math.floor(code / 6),
  slot: Math.floor(code / 3) % 2,
  kept: code % 3,
}));

/**
 * Collects rankings in any order, then their rounds, then their images. Image 0 is the one with the smaller uid, which is random and so tells
 * nothing about side, age or outcome.
 */
export class RankingColumns {
  readonly #ids = new GrowingIntegers();
  readonly #rankers = new GrowingIntegers();
  readonly #createdAt = new GrowingIntegers();
  readonly #answerMs = new GrowingNumbers(int32s);
  readonly #judgements = new GrowingNumbers(int32s);
  /** The probability of each pair's draw, and 1 where it is known. Both stay empty until the first ranking that has one. */
  readonly #drawn = new GrowingNumbers(doubles);
  readonly #drawnPresent = new GrowingNumbers(bytesOf);
  #anyDrawn = false;
  #rows = 0;
  readonly #texts = { consent: new TextColumn(), simulated: new TextColumn() };
  /** The round of each ranking, and the uids of image 0 and image 1, as codes of the dictionaries. */
  readonly #roundOf = new GrowingNumbers(int32s);
  readonly #uidOf = [new GrowingNumbers(int32s), new GrowingNumbers(int32s)] as const;
  readonly #rounds = new GrowingUuids();
  readonly #uids = new GrowingUuids();
  readonly #prompts = new GrowingDictionary();
  #promptOf = new Int32Array();
  #images: ImageColumns | undefined;

  /** Adds a row of a COPY of OF_RANKING. */
  addRanking(row: CopiedRow): void {
    const { bytes, view, starts } = row;
    const at = (index: number): number => starts[index] ?? 0;
    this.#ids.pushBigEndian(view, at(FIELD.id));
    this.#rankers.pushBigEndian(view, at(FIELD.ranker));
    this.#addTime(view, at(FIELD.createdAt));
    this.#answerMs.push(view.getInt32(at(FIELD.answerMs)));
    this.#texts.consent.add(row, FIELD.consent);
    this.#texts.simulated.add(row, FIELD.simulated);
    this.#addDrawn(isCopiedNull(row, FIELD.drawn) ? undefined : view.getFloat64(at(FIELD.drawn)));
    this.#roundOf.push(copiedUuid(this.#rounds, row, FIELD.round));
    const [left, right] = [at(FIELD.left), at(FIELD.right)];
    const swapped = compareUuids(bytes, right, left) < 0;
    this.#uidOf[0].push(copiedUuid(this.#uids, row, swapped ? FIELD.right : FIELD.left));
    this.#uidOf[1].push(copiedUuid(this.#uids, row, swapped ? FIELD.left : FIELD.right));
    const letter = bytes[at(FIELD.choice)];
    const outcome = letter === TIE ? 2 : Number((letter === LEFT) !== swapped);
    const keptRight = !isCopiedNull(row, FIELD.kept) && compareUuids(bytes, at(FIELD.kept), left) !== 0;
    const kept = isCopiedNull(row, FIELD.kept) ? 2 : Number(keptRight !== swapped);
    this.#judgements.push(judgement(outcome, Number(swapped), kept));
  }

  #addDrawn(probability: number | undefined): void {
    if (probability !== undefined && !this.#anyDrawn) {
      this.#anyDrawn = true;
      for (let row = 0; row < this.#rows; row++) this.#pushDrawn(undefined);
    }
    if (this.#anyDrawn) this.#pushDrawn(probability);
    this.#rows++;
  }

  #pushDrawn(probability: number | undefined): void {
    this.#drawn.push(probability ?? 0);
    this.#drawnPresent.push(Number(probability !== undefined));
  }

  /** Adds a time of PostgreSQL, microseconds since 2000, as nanoseconds since 1970. The multiplication is of two halves of 32 bits. */
  #addTime(view: DataView, at: number): void {
    const micros = view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4) + EPOCH_US;
    const high = Math.floor(micros / 2 ** 32);
    const low = 1000 * (micros - high * 2 ** 32);
    const carried = Math.floor(low / 2 ** 32);
    this.#createdAt.push(low - carried * 2 ** 32, 1000 * high + carried);
  }

  /** Adds a row of a COPY of OF_ROUND, after all rankings. A round without a ranking is left out. */
  addRound(row: CopiedRow): void {
    if (this.#promptOf.length === 0) this.#promptOf = new Int32Array(this.#rounds.size);
    const round = this.#rounds.find(row.view, row.starts[ROUND_ID] ?? 0);
    if (round >= 0) this.#promptOf[round] = copiedField(this.#prompts, row, ROUND_PROMPT);
  }

  /** Adds a row of a COPY of OF_IMAGE, after all rankings. An image without a ranking is left out. */
  addImage(row: CopiedRow): void {
    this.#images ??= new ImageColumns(this.#uids);
    this.#images.add(row);
  }

  /**
   * The rankings in the order of their ids. Nothing may be added any more.
   * @param imagePrefix what the address of an image has before its uid
   */
  block(imagePrefix: string): Block {
    const order = ascending(this.#ids.values());
    const columns = new Map<ColumnName, ColumnData>();
    // One column after the other is reordered, so that at most one is in memory in both orders.
    for (const [name, data] of this.#columns(imagePrefix, order)) if (data) columns.set(name, data);
    const { length } = order;
    releaseBytes(new Uint8Array(order.buffer));
    return { length, columns };
  }

  *#columns(imagePrefix: string, order: Int32Array): Iterable<[ColumnName, ColumnData | undefined]> {
    yield ["ranking_id", { kind: "integers", values: this.#ids.takeInOrder(order) }];
    yield ["user_id", { kind: "integers", values: this.#rankers.takeInOrder(order) }];
    yield ["created_at", { kind: "integers", values: this.#createdAt.takeInOrder(order) }];
    yield ["answer_ms", { kind: "numbers", values: this.#answerMs.takeInOrder(order) }];
    yield ["consent_version", this.#texts.consent.takeInOrder(order)];
    yield ["simulated", this.#texts.simulated.takeInOrder(order)];
    if (this.#anyDrawn) {
      const drawn = { values: this.#drawn.takeInOrder(order), present: this.#drawnPresent.takeInOrder(order) };
      yield ["draw_probability", { kind: "numbers", ...drawn }];
    }
    const prompts = { codes: this.#promptOf, dictionary: this.#prompts.closed() };
    yield ["caption", { kind: "texts", ...prompts, of: this.#roundOf.takeInOrder(order) }];
    yield* this.#imageColumns(imagePrefix, order);
  }

  /** The columns of the two images, and of the answer about them. */
  *#imageColumns(imagePrefix: string, order: Int32Array): Iterable<[ColumnName, ColumnData]> {
    const images = this.#images ?? new ImageColumns(this.#uids);
    const uids = uuidTexts(this.#uids.closed());
    const urls = prefixedTexts(imagePrefix, uids);
    const [codes0, codes1] = [this.#uidOf[0].takeInOrder(order), this.#uidOf[1].takeInOrder(order)];
    for (const [i, codes] of [codes0, codes1].entries()) {
      const image = i === 0 ? 0 : 1;
      yield [`image_${image}_uid`, { kind: "texts", codes, dictionary: uids }];
      yield [`image_${image}_url`, { kind: "texts", codes, dictionary: urls }];
      yield* images.columns(image, codes);
    }
    const { models } = images;
    const different = filled(bytesOf(order.length), (i) => Number(models[codes0[i] ?? 0] !== models[codes1[i] ?? 0]));
    yield ["are_different", { kind: "numbers", values: different }];
    const judgements = this.#judgements.takeInOrder(order);
    const none = uids.size;
    const best = filled(int32s(order.length), (i) => {
      const outcome = JUDGEMENTS[judgements[i] ?? 0]?.outcome;
      return outcome === 2 ? none : ((outcome === 1 ? codes0 : codes1)[i] ?? -1);
    });
    yield ["best_image_uid", { kind: "texts", codes: best, dictionary: extendedTexts(uids, NO_WINNER) }];
    yield* judgedColumns(judgements);
  }
}

/** The columns that follow from the judgement of each ranking: one value for each possible judgement. */
function* judgedColumns(of: Int32Array): Iterable<[ColumnName, ColumnData]> {
  const numbers = (numberOf: (judgement: (typeof JUDGEMENTS)[number]) => number): ColumnData => ({
    kind: "numbers",
    values: Float64Array.from(JUDGEMENTS, numberOf),
    of,
  });
  yield ["label_0", numbers(({ outcome }) => (outcome === 2 ? 0.5 : outcome))];
  yield ["label_1", numbers(({ outcome }) => (outcome === 2 ? 0.5 : 1 - outcome))];
  yield ["has_label", numbers(({ outcome }) => Number(outcome !== 2))];
  const sides = new GrowingDictionary();
  for (const side of ["left", "right"]) sides.codeOfText(side);
  yield ["slot_0", { kind: "texts", codes: Int32Array.from(JUDGEMENTS, ({ slot }) => slot), dictionary: sides, of }];
  const present = Uint8Array.from(JUDGEMENTS, ({ kept }) => Number(kept !== 2));
  yield ["kept_image", { kind: "numbers", values: Int32Array.from(JUDGEMENTS, ({ kept }) => kept % 2), present, of }];
}

/** Fills an array by index. It is a loop, because `from` of a typed array makes a list of all values first. */
function filled<T extends Int32Array | Uint8Array>(values: T, valueAt: (i: number) => number): T {
  for (let i = 0; i < values.length; i++) values[i] = valueAt(i);
  return values;
}

/** Compares the uuids that start at two positions. */
function compareUuids(bytes: Uint8Array, a: number, b: number): number {
  for (let i = 0; i < UUID_BYTES; i++) {
    const difference = (bytes[a + i] ?? 0) - (bytes[b + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
