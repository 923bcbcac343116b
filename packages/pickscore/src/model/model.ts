/** @file A model without its weights: config, preprocessing and tokenizer of a checkpoint. */
import type { Checkpoint, ClipConfig, ClipTokenizer, Processor, TokenizerFiles } from "@pickapic/clip";

/** Everything of a checkpoint but its weights: what decides the graphs, the pixels and the tokens. */
export interface TrainModel {
  config: ClipConfig;
  processor: Processor;
  tokenizer: ClipTokenizer;
  tokenizerFiles: TokenizerFiles;
}

/** The settings and the tokenizer of a checkpoint, without its weights. */
export const modelOf = ({ config, processor, tokenizer }: Checkpoint): TrainModel => ({
  config,
  processor,
  tokenizer,
  tokenizerFiles: tokenizer.files,
});
