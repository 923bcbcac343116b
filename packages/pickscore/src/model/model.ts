/** @file A model as training holds it: everything of a checkpoint but the weights. */
import type { Checkpoint, ClipConfig, ClipTokenizer, Processor, TokenizerFiles } from "@pickapic/clip";

export interface TrainModel {
  config: ClipConfig;
  processor: Processor;
  tokenizer: ClipTokenizer;
  tokenizerFiles: TokenizerFiles;
}

export const modelOf = ({ config, processor, tokenizer }: Checkpoint): TrainModel => ({
  config,
  processor,
  tokenizer,
  tokenizerFiles: tokenizer.files,
});
