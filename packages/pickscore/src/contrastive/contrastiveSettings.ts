/** @file The settings of contrastive training in one flat table. */
import { type AdamWCoefficients, adamWSettings } from "../settings/adamWSettings.ts";
import { choice, count, flag, number, resolve, type SettingTable, text } from "../settings/settingTable.ts";

/** The settings of contrastive training; the table below says what each does and in which unit. */
export interface ContrastiveSettings extends AdamWCoefficients {
  out: string;
  seed: number;
  steps: number;
  batchPairs: number;
  learningRate: number;
  warmup: "logarithmic" | "linear" | "none";
  warmupSteps: number;
  decay: "linear" | "cosine" | "late" | "none";
  heldOut: number;
  validateEvery: number;
  saveEvery: number;
  threads: number;
  spin: boolean;
}

/** The paper is Radford 2021, appendix F; the defaults are scaled to one small machine. */
const CONTRASTIVE_SETTINGS: SettingTable<ContrastiveSettings> = {
  out: { ...text, default: "", does: "the run folder, which becomes the checkpoint" },
  seed: { ...count(0), default: 42, does: "decides the first weights and the order of the examples" },
  steps: { ...count(1), default: 1500, does: "optimizer steps; 1500 take twelve minutes on two free cores with clip-toy" },
  batchPairs: {
    ...count(2),
    default: 128,
    does: "pairs of a picture and a caption per step; every other pair of the batch is a negative example",
  },
  learningRate: { ...number(0, 1), default: 1.2e-3, does: "the highest learning rate", paper: "5e-4 for 60 million parameters" },
  warmup: { ...choice("logarithmic", "linear", "none"), default: "linear", does: "how the learning rate rises at first" },
  warmupSteps: { ...count(0), default: 150, does: "optimizer steps until the highest learning rate" },
  decay: {
    ...choice("linear", "cosine", "late", "none"),
    default: "late",
    does: "how the learning rate falls afterwards; with late a run can be made longer until its last quarter",
    paper: "cosine",
  },
  ...adamWSettings({
    ...{ weightDecay: { default: 0.1, paper: "0.2" }, epsilon: { default: 1e-6, paper: "1e-6" } },
    ...{ beta1: { paper: "0.9" }, beta2: { default: 0.98, paper: "0.98" } },
  }),
  heldOut: {
    ...count(2),
    default: 500,
    does: "the last pairs of the source: never trained on, retrieval is measured on them",
  },
  validateEvery: { ...count(1), default: 250, does: "optimizer steps between two validations" },
  saveEvery: { ...count(1), default: 250, does: "optimizer steps between two saves: what a crash may cost" },
  threads: { ...count(0), default: 0, does: "threads; 0: as many as the machine has cores" },
  spin: { ...flag, default: true, does: "threads wait awake: faster on an idle machine, a waste on a shared one" },
};

/** The settings with all defaults filled in. @throws {PickScoreError} PICKAPIC_TRAIN_SETTING_UNKNOWN, PICKAPIC_TRAIN_SETTING_INVALID */
export const resolveContrastive = (given: Readonly<Partial<ContrastiveSettings>>): ContrastiveSettings =>
  resolve(CONTRASTIVE_SETTINGS, given);
