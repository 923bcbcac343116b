/** @file The held-out rankings of a dataset as votes for the calibration of a judge. */
import { type Dataset, openDataset, type Split } from "@pickapic/dataset";
import type { ProgressReport } from "@pickapic/experiments/progress";
import type { HeldOutVotes, Vote } from "@pickapic/judge";

const COLUMNS = ["caption", "jpg_0", "jpg_1", "label_0"] as const;

/** The rankings of validation, to fit, and of test, to measure; they share no prompt. @param signal ends the reading with its reason */
export async function heldOutVotes(
  folder: string,
  onProgress: (report: ProgressReport) => void,
  signal: AbortSignal,
): Promise<HeldOutVotes> {
  const dataset = await openDataset(folder);
  const count = (split: Split) => (dataset.splits.includes(split) ? dataset.count(split) : 0);
  const total = count("validation") + count("test");
  let done = 0;
  const onVote = () => {
    signal.throwIfAborted();
    done++;
    onProgress({ done, total, unit: "votes" });
  };
  return { fit: votesOf(dataset, "validation", onVote), measure: votesOf(dataset, "test", onVote) };
}

async function* votesOf(dataset: Dataset, split: Split, onVote: () => void): AsyncGenerator<Vote> {
  if (!dataset.splits.includes(split)) return;
  for await (const { caption, jpg_0, jpg_1, label_0 } of dataset.read(split, { columns: [...COLUMNS] })) {
    onVote();
    yield { prompt: caption, images: [jpg_0, jpg_1], label: label_0 === 0.5 ? "tie" : label_0 > 0.5 ? 0 : 1 };
  }
}
