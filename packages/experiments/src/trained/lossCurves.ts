/** @file loss.svg of a run folder. */
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import { readMetrics, runFiles } from "@pickapic/pickscore";

/** Draws the loss of every step and the accuracy of every validation of a run into its folder. */
export async function writeLossCurves(folder: string): Promise<void> {
  const { lossCurves } = await import("@pickapic/report"); // Plots are heavy, and only wanted here.
  await writeWholeFile(join(folder, "loss.svg"), lossCurves(await readMetrics(runFiles(folder).metrics)));
}
