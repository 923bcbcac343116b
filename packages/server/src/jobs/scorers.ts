/** @file The scorers that pick the images of ranked entries: the scorer of the app, and those that entries name. Each is opened once. */
import { messageOf } from "@pickapic/errors";
import { type Backend, offers } from "@pickapic/generation";
import { type Judge, openJudge } from "@pickapic/judge";
import { ServerError } from "../errors.ts";

/** The scorers of one process. */
export interface Scorers {
  /**
   * Returns the scorer of a ranked entry, or of the best-of-n page.
   * @param what what needs it, for errors: 'The ranked entry "flux (best of 8)"'
   * @param scorer as the entry names it; undefined: the scorer of the app
   * @throws ServerError PICKAPIC_RANKED_SCORER_NONE, PICKAPIC_RANKED_SCORER
   */
  of(what: string, scorer: string | undefined): Promise<Judge>;
  /** Opens the scorers of all ranked entries, so that one that cannot be used is known before an image is made. @throws as `of` */
  openAll(backends: readonly Backend[]): Promise<void>;
  /** Closes what this has opened. */
  close(): Promise<void>;
}

/** How a scorer is opened by its name. Default: openJudge of @pickapic/judge. */
export type OpenScorer = (name: string) => Promise<Judge>;

/**
 * Opens scorers when they are first needed.
 * @param usual name of the scorer of the app; undefined: it has none
 * @param judge the judge of the app, whose scorer is the scorer of the app; null: there is none in this process
 */
export function openScorers(
  usual: string | undefined,
  judge: Judge | null,
  open: OpenScorer = (name) => openJudge(name),
): Scorers {
  const opened = new Map<string, Promise<Judge>>();
  const byName = (name: string): Promise<Judge> => {
    const known = opened.get(name);
    if (known) return known;
    const opening = open(name).catch((error: unknown) => {
      // The next image tries again: the scorer may have been mended.
      opened.delete(name);
      throw new ServerError("PICKAPIC_RANKED_SCORER", name, messageOf(error)).because(error);
    });
    opened.set(name, opening);
    return opening;
  };
  const of: Scorers["of"] = async (what, scorer) => {
    if (scorer === undefined && judge) return judge;
    const name = scorer ?? usual;
    if (name === undefined) throw new ServerError("PICKAPIC_RANKED_SCORER_NONE", what);
    return byName(name);
  };
  return {
    of,
    async openAll(backends) {
      for (const { model } of offers(backends))
        if (model.ranked && model.weight !== 0) await of(`The ranked entry "${model.name}"`, model.ranked.scorer);
    },
    async close() {
      const all = await Promise.allSettled(opened.values());
      await Promise.all(all.map((each) => (each.status === "fulfilled" ? each.value.close() : undefined)));
    },
  };
}
