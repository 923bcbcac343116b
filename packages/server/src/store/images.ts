/** @file The images of rankings as columns: each image once, whatever the number of its rankings. */
import { type ColumnData, type ColumnName, GrowingDictionary, type GrowingUuids } from "@pickapic/dataset";
import { type CopiedRow, copiedField, isCopiedNull } from "./copied.ts";

/** The select list of the COPY of images. */
export const OF_IMAGE = ["id", "model", "seed", "guidance_scale", "steps", "scheduler", "asked_negative_prompt"] as const;

const field = (name: (typeof OF_IMAGE)[number]): number => OF_IMAGE.indexOf(name);
const FIELD = {
  id: field("id"),
  model: field("model"),
  seed: field("seed"),
  guidance: field("guidance_scale"),
  steps: field("steps"),
  scheduler: field("scheduler"),
  negative: field("asked_negative_prompt"),
};

/** Numbers of which some may be null: present[i] is 0 there. */
interface Nullable<T> {
  readonly values: T;
  readonly present: Uint8Array;
}

/** What the database knows of each image of a list of uids. Each array has the value of image i, the code of its uid, as its value i. */
export class ImageColumns {
  readonly #uids: GrowingUuids;
  /** Codes of the models' names. */
  readonly models: Int32Array;
  readonly #schedulers: Int32Array;
  readonly #negatives: Int32Array;
  /** Halves of int64, the low one first. */
  readonly #seeds: Nullable<Int32Array<ArrayBuffer>>;
  readonly #guidance: Nullable<Float64Array>;
  readonly #steps: Nullable<Int32Array>;
  readonly #texts = { models: new GrowingDictionary(), schedulers: new GrowingDictionary(), negatives: new GrowingDictionary() };

  /** @param uids the uids of the images that are wanted */
  constructor(uids: GrowingUuids) {
    const { size } = uids;
    this.#uids = uids;
    this.models = new Int32Array(size).fill(-1);
    this.#schedulers = new Int32Array(size).fill(-1);
    this.#negatives = new Int32Array(size).fill(-1);
    this.#seeds = { values: new Int32Array(2 * size), present: new Uint8Array(size) };
    this.#guidance = { values: new Float64Array(size), present: new Uint8Array(size) };
    this.#steps = { values: new Int32Array(size), present: new Uint8Array(size) };
  }

  /** Adds a row of a COPY of OF_IMAGE. An image that is not wanted is left out. */
  add(row: CopiedRow): void {
    const { view, starts } = row;
    const at = (index: number): number => starts[index] ?? 0;
    const image = this.#uids.find(view, at(FIELD.id));
    if (image < 0) return;
    this.models[image] = copiedField(this.#texts.models, row, FIELD.model);
    this.#schedulers[image] = copiedField(this.#texts.schedulers, row, FIELD.scheduler);
    this.#negatives[image] = copiedField(this.#texts.negatives, row, FIELD.negative);
    if (!isCopiedNull(row, FIELD.seed)) {
      this.#seeds.values[2 * image] = view.getInt32(at(FIELD.seed) + 4);
      this.#seeds.values[2 * image + 1] = view.getInt32(at(FIELD.seed));
      this.#seeds.present[image] = 1;
    }
    if (!isCopiedNull(row, FIELD.guidance)) {
      this.#guidance.values[image] = view.getFloat64(at(FIELD.guidance));
      this.#guidance.present[image] = 1;
    }
    if (!isCopiedNull(row, FIELD.steps)) {
      this.#steps.values[image] = view.getInt32(at(FIELD.steps));
      this.#steps.present[image] = 1;
    }
  }

  /**
   * The columns of image 0 or image 1 of each ranking.
   * @param of the image of each ranking, as the code of its uid
   */
  *columns(i: 0 | 1, of: Int32Array): Iterable<[ColumnName, ColumnData]> {
    const { models, schedulers, negatives } = this.#texts;
    const { values: seeds, present } = this.#seeds;
    yield [`seed_${i}`, { kind: "integers", values: new BigInt64Array(seeds.buffer), present, of }];
    yield [`guidance_scale_${i}`, { kind: "numbers", ...this.#guidance, of }];
    yield [`steps_${i}`, { kind: "numbers", ...this.#steps, of }];
    yield [`model_${i}`, { kind: "texts", codes: this.models, dictionary: models, of }];
    yield [`scheduler_${i}`, { kind: "texts", codes: this.#schedulers, dictionary: schedulers, of }];
    yield [`negative_prompt_${i}`, { kind: "texts", codes: this.#negatives, dictionary: negatives, of }];
  }
}
