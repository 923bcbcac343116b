/** @file A scorer in a child process, because inference blocks the event loop of the process that it runs in, and a busy child can be killed safely. */

import { PickScoreError } from "../errors.ts";
import { methodsOf } from "../scorers/scorer.ts";
import { readable } from "./imageResult.ts";
import { findModel } from "./models.ts";
import type { Calls, Method } from "./protocol.ts";
import type { ClipScorer, ScorerOptions } from "./scorer.ts";
import { type ServiceProcess, startProcess } from "./serviceProcess.ts";

/** A child process, and the reply to its first call, which loads the model. */
interface Opened {
  child: ServiceProcess;
  ready: Promise<Calls["open"]["output"]>;
}

/**
 * Opens a model in a child process, so that calls do not block the event loop. When the child dies during a call, the call is rejected with
 * PICKAPIC_SCORER_DIED, and the next call starts a new child.
 * @param model "pickscore-toy", "clip-toy", a folder in Hugging Face layout, or `org/name` of the hub
 * @throws {PickScoreError} PICKAPIC_CHECKPOINT_UNKNOWN, PICKAPIC_CHECKPOINT_BROKEN; ClipError's codes for a broken checkpoint
 */
export async function openScorer(
  model: string,
  { processor, threads, pixels, device, niceness }: ScorerOptions = {},
): Promise<ClipScorer> {
  const { name, folder, processorFolder } = await findModel(model, { processor });
  // Only these, because callers also pass options of other kinds of scorers, with functions, which cannot be sent to a process.
  const input = { model: folder, options: { processor: processorFolder, threads, pixels, device, niceness } };
  let current = openChild(input);
  let closed = false;
  const call = async <M extends Method>(method: M, what: Calls[M]["input"]): Promise<Calls[M]["output"]> => {
    if (closed) throw new PickScoreError("PICKAPIC_SCORER_CLOSED", model);
    if (!current.child.alive) current = openChild(input);
    await current.ready;
    return current.child.call(method, what);
  };
  const scorePairs: ClipScorer["scorePairs"] = (pairs) => call("scorePairs", { pairs });
  const embedEach: ClipScorer["embedEach"] = (images) => call("embedEach", { images });
  return {
    ...(await current.ready),
    name,
    ...methodsOf(scorePairs),
    embedTexts: (texts) => call("embedTexts", { texts }),
    embedEach,
    embedImages: async (images) => (await embedEach(images)).map(readable),
    close() {
      closed = true;
      return current.child.close();
    },
  };
}

function openChild(input: Calls["open"]["input"]): Opened {
  const child = startProcess(input.options.niceness);
  const ready = child.call("open", input);
  ready.catch(() => child.close()); // The caller that awaits `ready` gets the error.
  return { child, ready };
}
