/** @file The settings of contrastive training in one flat table. */
import { choice, count, flag, number, resolve, type SettingTable, text } from "../settings/settingTable.ts";

export interface ContrastiveSettings {
  out: string;
  seed: number;
  steps: number;
  batchPairs: number;
  learningRate: number;
  warmup: "logarithmic" | "linear" | "none";
  warmupSteps: number;
  decay: "linear" | "cosine" | "late" | "none";
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  clipNorm: number;
  heldOut: number;
  validateEvery: number;
  saveEvery: number;
  threads: number;
  spin: boolean;
}

/** Radford 2021, appendix F, where it says something; scaled to one small machine. */
export const CONTRASTIVE_SETTINGS: SettingTable<ContrastiveSettings> = {
  out: { ...text, default: "", reason: "the run folder, which becomes the checkpoint" },
  seed: { ...count(0), unit: "seed", default: 42, reason: "first weights and order of the examples" },
  steps: { ...count(1), unit: "optimizer steps", default: 1500, reason: "twelve minutes on two free cores with clip-toy" },
  batchPairs: {
    ...count(2),
    unit: "pairs per step",
    default: 128,
    reason: "every other pair of the batch is a negative example",
  },
  learningRate: { ...number(0, 1), unit: "per step", default: 1.2e-3, reason: "Radford 2021: 5e-4 for 60 million parameters" },
  warmup: { ...choice("logarithmic", "linear", "none"), default: "linear", reason: "as usual for transformers" },
  warmupSteps: { ...count(0), unit: "optimizer steps", default: 150, reason: "a tenth of the run" },
  decay: {
    ...choice("linear", "cosine", "late", "none"),
    default: "late",
    reason: "a run can be made longer until its last quarter; Radford 2021: cosine",
  },
  weightDecay: { ...number(0, 1), unit: "1/step, times lr", default: 0.1, reason: "Radford 2021: 0.2" },
  beta1: { ...number(0, 0.999999), unit: "1", default: 0.9, reason: "Radford 2021" },
  beta2: { ...number(0, 0.999999), unit: "1", default: 0.98, reason: "Radford 2021" },
  epsilon: { ...number(1e-12, 1), unit: "gradient", default: 1e-6, reason: "Radford 2021" },
  clipNorm: { ...number(0, 1e9), unit: "L2 norm of all gradients", default: 1, reason: "a bad batch must not undo much" },
  heldOut: {
    ...count(2),
    unit: "pairs",
    default: 500,
    reason: "the last pairs of the source: never trained on, retrieval is measured on them",
  },
  validateEvery: { ...count(1), unit: "optimizer steps", default: 250, reason: "a dozen points on the curve" },
  saveEvery: { ...count(1), unit: "optimizer steps", default: 250, reason: "how much a crash may cost" },
  threads: { ...count(0), unit: "threads", default: 0, reason: "0: as many as the machine has cores" },
  spin: { ...flag, default: true, reason: "threads wait awake: faster on an idle machine, a waste on a shared one" },
};

export const resolveContrastive = (given: Readonly<Partial<ContrastiveSettings>>): ContrastiveSettings =>
  resolve(CONTRASTIVE_SETTINGS, given);
