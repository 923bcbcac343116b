/** @file A process that trains with the settings it is sent, and tells its parent of every step, so that a test can kill it. */
import { type TrainSettings, trainPickScore } from "../src/index.ts";

process.on("message", ({ settings, resume }: { settings: Partial<TrainSettings>; resume: boolean }) => {
  void trainPickScore(settings, {
    resume,
    onProgress: ({ done, unit }) => {
      if (unit === "steps") process.send!(done);
    },
  });
});
