/** @file Runs any network that takes pictures as its one input, from an .onnx file. */
import { readFile } from "node:fs/promises";
import { firstLine } from "./devices.ts";
import { GraphError } from "./errors.ts";
import { openRuntime, type RuntimeOptions, runtimeTensor, toArray } from "./runtime.ts";

/** A network that turns pictures into vectors. */
export interface Network {
  /** Height and width that the file fixes for the pictures, px; null where it leaves them open. */
  readonly size: { readonly height: number; readonly width: number } | null;
  /** Pictures that the file fixes for one run; null when any number may be run at once. */
  readonly batch: number | null;
  /**
   * Runs the network once and returns [count, features]; features are the numbers of the output for one picture, in the order of the file.
   * @param pixels [count, 3, height, width]
   * @throws GraphError PICKAPIC_GRAPH_NETWORK_UNFIT when the output is not one row of numbers for each picture
   */
  run(pixels: Float32Array, count: number, size: { height: number; width: number }): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens an .onnx file that takes pictures in float32 as [batch, 3, height, width], such as an Inception or a DINO exported for features.
 * @param output which output to take; default: the first
 * @throws GraphError PICKAPIC_GRAPH_NETWORK_UNFIT when the file is no such network
 */
export async function openNetwork(file: string, options: RuntimeOptions & { output?: string } = {}): Promise<Network> {
  const refuse = (reason: string) => new GraphError("PICKAPIC_GRAPH_NETWORK_UNFIT", file, reason);
  const bytes = await readFile(file).catch((error: Error) => {
    throw refuse(error.message).because(error);
  });
  const session = await openRuntime(bytes, options, "cpu").catch((error: unknown) => {
    throw refuse(firstLine(error)).because(error);
  });
  const [input, ...others] = session.inputMetadata;
  const output = options.output ?? session.outputNames[0];
  const shape = input?.isTensor ? input.shape : [];
  const [batch, channels, height, width] = shape;
  const fail = async (reason: string) => {
    await session.release();
    throw refuse(reason);
  };
  if (!input?.isTensor || others.length > 0 || shape.length !== 4 || input.type !== "float32" || channels !== 3)
    return fail(
      `it must have one input, float32 [batch, 3, height, width]; it has ${session.inputMetadata.map(inputText).join(" and ") || "none"}`,
    );
  if (output === undefined || !session.outputNames.includes(output))
    return fail(`it has no output ${output ?? ""}; its outputs are ${session.outputNames.join(", ")}`);
  return {
    size: typeof height === "number" && typeof width === "number" ? { height, width } : null,
    batch: typeof batch === "number" ? batch : null,
    async run(pixels, count, { height, width }) {
      const feeds = { [input.name]: runtimeTensor("float32", pixels, [count, 3, height, width]) };
      const tensor = (await session.run(feeds, [output]))[output];
      const values = tensor && toArray(tensor);
      if (!(values instanceof Float32Array) || tensor?.dims[0] !== count)
        throw refuse(
          `its output ${output} must be float32 with one row for each picture; it is ${tensor?.type} [${tensor?.dims.join(", ")}]`,
        );
      return values;
    },
    close: () => session.release(),
  };
}

function inputText(
  input: { name: string } & ({ isTensor: true; type: string; shape: readonly (number | string)[] } | { isTensor: false }),
): string {
  return input.isTensor ? `${input.name}, ${input.type} [${input.shape.join(", ")}]` : `${input.name}, no tensor`;
}
