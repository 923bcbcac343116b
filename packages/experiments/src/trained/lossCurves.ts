/** @file loss.svg of a run folder. */
import { writeWholeFile } from "@pickapic/disk";
import { type RunFiles, readMetrics } from "@pickapic/pickscore";

/** Draws the loss of every step and the accuracy of every validation of a run into its folder. */
export async function writeLossCurves(files: Pick<RunFiles, "metrics" | "lossCurves">): Promise<void> {
  const { lossCurves } = await import("@pickapic/report"); // Loaded here only, because plots are slow to load.
  await writeWholeFile(files.lossCurves, lossCurves(await readMetrics(files.metrics)));
}
