/** @file The child process that scores. It answers the calls of its parent and ends when the parent ends. */
import { type Calls, type Method, packError, type Reply, type Request } from "./protocol.ts";
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

process.on("message", async (request) => {
  const reply = await answer(request as Request);
  // The parent may have ended or disconnected meanwhile. Then no caller waits for the reply.
  if (process.connected) process.send?.(reply, undefined, undefined, () => {});
});
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches every process of the terminal. The parent decides when this one ends.
process.on("SIGINT", () => {});
