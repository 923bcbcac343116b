/** @file Models of the CLIP family as scorers: PickScore, HPSv2, a CLIP of open_clip that was converted. */
import { weightChecksums } from "../data/checksums.ts";
import { findModel, type ModelPlace } from "../score/models.ts";
import { openScorer } from "../score/service.ts";
import type { ScorerKind } from "./kind.ts";

/** Every name that no other kind takes: a model that ships, a folder, a name of the hub. It runs in a process of its own. */
export const clipKind: ScorerKind = {
  usesCores: true,
  argumentOf: (name) => name,
  async open(model, options) {
    const scorer = await openScorer(model, options);
    return { ...scorer, name: model, identify: async () => checkpointIdentity(await findModel(model, options)) };
  },
};

/** The checksums of the weights of a model. */
export async function checkpointIdentity({ folder, processorFolder }: ModelPlace): Promise<string> {
  const { openCheckpoint } = await import("@pickapic/clip");
  const sums = await weightChecksums(await openCheckpoint(folder, { processorFolder }));
  return Object.entries(sums)
    .map(([file, sum]) => `${file} sha256:${sum}`)
    .join(", ");
}
