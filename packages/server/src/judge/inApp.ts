/** @file The judge under the address of the app: its callers need a key of the data folder, and may name images that the app has made. */
import { join } from "node:path";
import { openJudge, openKeys, readCalibration } from "@pickapic/judge";
import type { ResolvedSettings } from "../settings.ts";
import { openMetrics } from "./metrics.ts";
import { BodyRoom, type JudgeService } from "./service.ts";

/** The file of the callers' keys in a data folder. */
const KEYS_FILE = "judge-keys.json";

/** Gives the bytes of an image that the app has made, by its id; null: there is none that everyone may see. */
export type StoredImage = (id: string) => Promise<Uint8Array | null>;

/**
 * Opens the judge of an app. Its scorer loads in a process of its own, so the app can start its database meanwhile.
 * @param stored is first asked when a caller names an image, so it may be there later than the judge
 * @returns null when the settings name no scorer
 * @throws JudgeError PICKAPIC_JUDGE_CALIBRATION_FILE, PICKAPIC_JUDGE_CALIBRATION_OTHER; the scorer's own error when it cannot be loaded
 */
export async function openAppJudge(
  { judge: scorer, judgeCalibration, judgeHosts = "" }: Pick<ResolvedSettings, "judge" | "judgeCalibration" | "judgeHosts">,
  folder: string,
  stored: StoredImage,
): Promise<JudgeService | null> {
  if (scorer === undefined) return null;
  const metrics = openMetrics(false);
  const calibration = judgeCalibration === undefined ? null : await readCalibration(judgeCalibration);
  const judge = await openJudge(scorer, { calibration, onBatch: metrics.onBatch });
  metrics.watch(judge);
  const allowedHosts = judgeHosts.split(",").map((host) => host.trim());
  const keys = openKeys(join(folder, KEYS_FILE));
  return { judge, metrics, keys, operators: keys, images: { allowedHosts, stored }, room: new BodyRoom() };
}
