/** @file int8 weights beside float32 ones: size, speed of ViT-B/32, and the order of toy pictures under pickscore-toy. */
import { availableParallelism, cpus } from "node:os";
import { measureInt8 } from "./peers/int8.ts";

const { size, speed, sameOrder, pairs } = await measureInt8((what) => console.error(what));
const { median, least, most } = speed;
if (process.argv.includes("--json")) console.log(JSON.stringify({ size, speed: median, sameOrder, pairs }));
else {
  const row = (what: string, value: string, wanted: string) => console.log(`${what.padEnd(58)}${value.padStart(10)}   ${wanted}`);
  row("int8 beside float32", "", "");
  row("size of the weights of ViT-B/32", `${(100 * size).toFixed(1)} %`, "a quarter");
  row(
    "speed of ViT-B/32, 16 pictures a call",
    `${median.toFixed(2)} x`,
    `${least.toFixed(2)} ... ${most.toFixed(2)}, at least 1.5`,
  );
  row(`the same order of ${pairs} pairs under pickscore-toy`, `${(100 * sameOrder).toFixed(2)} %`, "at least 98");
  console.log(`${cpus()[0]!.model.trim()}, ${availableParallelism()} threads`);
}
