/** @file The comparison of int8 and float32 weights as rows of the report. */
import { measureInt8 } from "./int8.ts";
import { type Row, ratioRow, type Surroundings } from "./report.ts";

/** The largest size of int8 weights, as a share of float32: a quarter, plus scales, norms and biases, which stay in float32. */
const LARGEST_SHARE = 0.26;
const SAME_ORDER = 0.98;

export async function int8Rows({ say }: Surroundings): Promise<Row[]> {
  const { size, speed, sameOrder, pairs } = await measureInt8(say);
  const percent = { unit: "%", spread: undefined } as const;
  const order = `same order of ${pairs} toy-world pairs, pickscore-toy in int8`;
  return [
    {
      ...percent,
      name: "int8Size",
      what: "weights of ViT-B/32 in int8 / float32",
      asked: "a quarter",
      measured: 100 * size,
      holds: size <= LARGEST_SHARE,
    },
    ratioRow("int8Speed", "embedding pictures, ViT-B/32, int8 / float32", speed, 1.5),
    {
      ...percent,
      name: "int8Order",
      what: order,
      asked: "at least 98 %",
      measured: 100 * sameOrder,
      holds: sameOrder >= SAME_ORDER,
      note: "simulated",
    },
  ];
}
