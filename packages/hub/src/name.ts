/** @file Names of models on the hub: `org/name`, or `org/name@revision`. */

/** A model on the hub, at one revision. */
export interface HubName {
  /** "org/name" */
  readonly repository: string;
  /** A branch, a tag, a pull request (refs/pr/1) or a commit. */
  readonly revision: string;
}

const HUB_NAME = /^(?<repository>[\w-][\w.-]*\/[\w-][\w.-]*)(@(?<revision>[\w.-]+(\/[\w.-]+)*))?$/;

/** Parses a name; null for anything that cannot be one (a path such as ./a/b, or more than one slash). */
export function parseHubName(text: string): HubName | null {
  const { repository, revision = "main" } = HUB_NAME.exec(text)?.groups ?? {};
  const climbs = revision.split("/").includes("..") || /\.\.|--/.test(repository ?? "");
  return repository === undefined || climbs ? null : { repository, revision };
}

/** Whether a revision is the full name of a commit: 40 hexadecimal digits in lower case. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/**
 * Weights whose processor (tokenizer and preprocessor_config.json) is in another repository. PickScore_v1 takes it from the CLIP
 * that it was trained from.
 */
const PROCESSORS: Readonly<Record<string, string>> = {
  "yuvalkirstain/PickScore_v1": "laion/CLIP-ViT-H-14-laion2B-s32B-b79K",
};

/** The repository of a model's processor; undefined when the processor is beside the weights. */
export const processorOf = ({ repository }: HubName): string | undefined => PROCESSORS[repository];
