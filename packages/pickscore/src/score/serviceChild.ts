/** @file The child process that scores. It answers the calls of its parent and ends when the parent ends. */
import { Socket } from "node:net";
import { openFrames, writeFrame } from "./frames.ts";
import { type Calls, CHANNEL, type Method, packError, type Reply, type Request } from "./protocol.ts";
import { type ClipScorer, loadScorer } from "./scorer.ts";

let scorer: ClipScorer | undefined;

const opened = (): ClipScorer => {
  if (!scorer) throw new Error("serviceChild: a call came before open");
  return scorer;
};

const calls: { [M in Method]: (input: Calls[M]["input"]) => Promise<Calls[M]["output"]> } = {
  async open({ model, options }) {
    scorer = await loadScorer(model, options);
    const { name, logitScale, device } = scorer;
    return { name, logitScale, device };
  },
  // Calls may overlap: the pictures of one call are decoded while another computes.
  scorePairs: ({ pairs }) => opened().scorePairs(pairs),
  embedTexts: ({ texts }) => opened().embedTexts(texts),
  embedEach: ({ images }) => opened().embedEach(images),
};

async function answer({ id, method, input }: Request): Promise<Reply> {
  try {
    return { id, output: await (calls[method] as (input: unknown) => Promise<Calls[Method]["output"]>)(input) };
  } catch (error) {
    return { id, error: packError(error) };
  }
}

const requests = openFrames(async (request) => writeFrame(parent, await answer(request as Request)));
const parent = new Socket({
  fd: CHANNEL,
  onread: {
    buffer: () => requests.room(),
    callback(count) {
      requests.filled(count);
      return true;
    },
  },
});
// The parent has ended or closed this scorer, and no caller waits for a reply.
parent.on("end", () => process.exit(0));
parent.on("error", () => process.exit(0));
// Ctrl-C reaches every process of the terminal. The parent decides when this one ends.
process.on("SIGINT", () => {});
