/** @file A model without its weights: config, preprocessing and tokenizer of a checkpoint. */
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
