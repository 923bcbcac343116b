/** @file A CLIP that trains and scores within milliseconds: no file of the repository is needed. */
import { mulberry32 } from "@pickapic/chance";
import { clipProcessor, initializeParameters, learnTokenizer, parseClipConfig, saveCheckpoint } from "@pickapic/clip";

const WORDS = ["red", "green", "blue", "cat", "dog", "tree"];

/**
 * Saves a CLIP of some 20,000 parameters; gives its folder.
 * @param side of its pictures, px; each has four patches
 */
export async function tinyClip(folder: string, seed = 1, layers = 2, side = 16): Promise<string> {
  const tokenizerFiles = learnTokenizer(
    WORDS.flatMap((word) => [`a ${word}`, `the ${word}`]),
    540,
    12,
  );
  const tokens = Object.keys(JSON.parse(tokenizerFiles.get("vocab.json")!) as object).length;
  const tower = {
    hidden_size: 16,
    intermediate_size: 32,
    num_hidden_layers: layers,
    num_attention_heads: 2,
    hidden_act: "quick_gelu",
  };
  const special = { bos_token_id: tokens - 2, eos_token_id: tokens - 1, pad_token_id: tokens - 1 };
  const config = parseClipConfig({
    model_type: "clip",
    projection_dim: 12,
    text_config: { ...tower, ...special, vocab_size: tokens, max_position_embeddings: 12 },
    vision_config: { ...tower, image_size: side, patch_size: side / 2 },
  });
  const parameters = initializeParameters(config, mulberry32(seed));
  await saveCheckpoint(folder, { config, parameters, tokenizerFiles, processor: clipProcessor(side) });
  return folder;
}
