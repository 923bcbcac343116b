/** @file A process that trains with the settings it is sent, tells its parent of every step, and dies where a test says. */
import { killAtFile } from "../../../test/support/killAtFile.ts";
import { type TrainSettings, trainPickScore } from "../src/index.ts";

/** Where a process kills itself, as if it had lost its power. */
export interface Death {
  /** When it has made so many steps. */
  step: number;
  /** Not at once, but when it writes the first bytes of a file of this name. */
  writing?: string;
}

/** What the parent sends. */
export interface Order {
  settings: Partial<TrainSettings>;
  resume: boolean;
  death?: Death;
}

process.on("message", ({ settings, resume, death }: Order) => {
  const die = () => process.kill(process.pid, "SIGKILL");
  void trainPickScore(settings, {
    resume,
    onProgress: ({ done, unit }) => {
      if (unit !== "steps") return;
      process.send!(done);
      if (done !== death?.step) return;
      if (death.writing === undefined) die();
      else killAtFile(death.writing, die);
    },
  });
});
