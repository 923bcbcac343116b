/** @file `pickapic toy pretrain` and `pickapic toy pickscore`: train the two models that ship, on data of the toy world only. */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { FORCE_HELP, freshFolders } from "../freshFolder.ts";
import { JSON_RESULT, whole } from "../options.ts";
import { phases } from "./train.ts";

interface ToyCommand {
  out: string;
  steps: number;
  seed: number;
  resume?: boolean;
  force?: boolean;
  json?: boolean;
}

interface PretrainCommand extends ToyCommand {
  pictures: number;
  init?: string;
  shared?: boolean;
}

interface PickscoreCommand extends ToyCommand {
  init: string;
  rankings: number;
}

/** Adds `pickapic toy pretrain` and `pickapic toy pickscore`, each of which writes a run folder that is also a model. */
export function registerToy(program: Command, context: Context): void {
  const toy = program.command("toy").description("make the models that ship, clip-toy and pickscore-toy, from the toy world");
  shared(toy.command("pretrain"), "train clip-toy, a small CLIP, from nothing on captioned pictures of the toy world", 5800)
    .option("--pictures <n>", "pictures to draw; the last 500 are for measuring", whole(1000), 40_000)
    .option("--init <model>", "a clip-toy to go on from; by default everything is new")
    .option("--shared", "leave the processors to others while waiting")
    .action((options: PretrainCommand) => pretrain(options, context));
  shared(toy.command("pickscore"), "train pickscore-toy on the choices of simulated people", 600)
    .option("--init <model>", "the CLIP to start from", "clip-toy")
    .option("--rankings <n>", "choices to simulate", whole(100), 12_000)
    .action((options: PickscoreCommand) => pickscore(options, context));
}

function shared(command: Command, description: string, steps: number): Command {
  return command
    .description(description)
    .requiredOption("--out <folder>", "the run folder, which becomes the model")
    .option("--steps <n>", "optimizer steps", whole(1), steps)
    .option("--seed <n>", "same seed, same model", whole(0), 42)
    .option("--resume", "go on with the run that is in the folder")
    .option("--force", FORCE_HELP)
    .option(...JSON_RESULT)
    .addHelpText("after", `\nExample:\n  $ pickapic toy ${command.name()} --out runs/${command.name()}`);
}

async function pretrain(options: PretrainCommand, context: Context): Promise<void> {
  const { captionedPictures, pretrainClipToy, STAGES } = await import("@pickapic/experiments/toy");
  const { out, seed, steps, pictures, resume, json } = options;
  if (!resume) await freshFolders([out], options.force);
  note(context, SIMULATED);
  const view = phases(context, "clip-toy");
  try {
    const { folder, retrieval } = await pretrainClipToy({
      ...{ out, seed, steps, resume, init: options.init, stages: STAGES, spin: !options.shared },
      pairs: captionedPictures(pictures, seed),
      expected: pictures,
      signal: context.signal,
      onProgress: view.update,
    });
    view.stop();
    const percent = (100 * retrieval.accuracy).toFixed(1);
    const text = `${folder}: finds its own caption among ${retrieval.among} for ${percent} % of new pictures`;
    result(context, json, { folder, retrieval }, () => text);
  } catch (error) {
    // The stages before the last are runs in folders of their own.
    context.goOn = goOnWith(out, await hasRunIn([out, ...STAGES.map(({ name }) => join(out, name))]));
    throw error;
  } finally {
    view.stop();
  }
}

async function pickscore(options: PickscoreCommand, context: Context): Promise<void> {
  const { accuracyText, makePickscoreToy } = await import("@pickapic/experiments/toy");
  const { out, json, force, ...settings } = options;
  // The dataset of choices is in a folder beside the run. It must be new as well, so that choices of other settings are never used by mistake.
  if (!settings.resume) await freshFolders([out, `${out}-dataset`], force);
  note(context, SIMULATED);
  const view = phases(context, "pickscore-toy");
  try {
    const trained = await makePickscoreToy({ out, ...settings }, { signal: context.signal, onProgress: view.update });
    view.stop();
    result(context, json, trained, () => `${out}: ${accuracyText(trained)}`);
  } catch (error) {
    context.goOn = goOnWith(out, await hasRunIn([out]));
    throw error;
  } finally {
    view.stop();
  }
}

const SIMULATED = "Pictures, captions and people are simulated.";

async function hasRunIn(folders: readonly string[]): Promise<boolean> {
  const { hasRun } = await import("@pickapic/pickscore");
  return folders.some(hasRun);
}

/** How to go on after a stop: a run is promised only where one is saved. */
function goOnWith(out: string, isSaved: boolean): string {
  if (isSaved) return `The run is saved in ${out}: go on with the same command and --resume.`;
  return existsSync(out) && statSync(out).isDirectory()
    ? "No step was made yet: start again with the same command and --force."
    : "";
}
