"""ComfyUI nodes that ask a Pick-a-Pic judge: score images, pick the best, keep the good ones. See README.md beside this file."""
import os

import numpy
from PIL import Image

from .pickapic_judge import Judge

SCALES = ["unit", "raw", "probability", "percentile"]


def pictures(images):
    """PIL images of ComfyUI's IMAGE: a tensor [count, height, width, 3], 0...1."""
    return [Image.fromarray(numpy.clip(image.cpu().numpy() * 255 + 0.5, 0, 255).astype("uint8")) for image in images]


def inputs(**more):
    """The inputs that every node has, and its own. An empty address means the environment variable PICKAPIC_JUDGE_URL."""
    address = ("STRING", {"default": "", "tooltip": "Address of the judge; empty: PICKAPIC_JUDGE_URL, or http://localhost:3100"})
    prompt = ("STRING", {"multiline": True, "tooltip": "The text that the images were made for"})
    return {"required": {"images": ("IMAGE",), "prompt": prompt, **more}, "optional": {"judge": address}}


def judge_at(address):
    return Judge(address or os.environ.get("PICKAPIC_JUDGE_URL", "http://localhost:3100"))


class Score:
    """One number for each image of the batch."""

    CATEGORY, FUNCTION = "pickapic", "score"
    RETURN_TYPES, RETURN_NAMES = ("FLOAT", "STRING"), ("scores", "text")
    OUTPUT_IS_LIST = (True, False)

    @classmethod
    def INPUT_TYPES(cls):
        return inputs(scale=(SCALES,))

    def score(self, images, prompt, scale, judge=""):
        scores = judge_at(judge).score(prompt, pictures(images), scale)
        return scores, "\n".join(f"{i}: {'no score' if s is None else format(s, '.4f')}" for i, s in enumerate(scores))


class PickBest:
    """The image that people most probably prefer, its place in the batch, and the probability among all of the batch."""

    CATEGORY, FUNCTION = "pickapic", "pick"
    RETURN_TYPES, RETURN_NAMES = ("IMAGE", "INT", "FLOAT"), ("best", "index", "probability")

    @classmethod
    def INPUT_TYPES(cls):
        return inputs()

    def pick(self, images, prompt, judge=""):
        best = judge_at(judge).rank(prompt, pictures(images), top=1)[0]
        index = best["index"]
        return images[index : index + 1], index, best["probability"]


class Filter:
    """The images with at least a score, in their order. Where none has it, the best one, so that the workflow goes on."""

    CATEGORY, FUNCTION = "pickapic", "keep"
    RETURN_TYPES, RETURN_NAMES = ("IMAGE", "INT"), ("images", "count")

    @classmethod
    def INPUT_TYPES(cls):
        return inputs(scale=(SCALES,), least=("FLOAT", {"default": 0.8, "min": -1000.0, "max": 1000.0, "step": 0.01}))

    def keep(self, images, prompt, scale, least, judge=""):
        scores = judge_at(judge).score(prompt, pictures(images), scale)
        scored = [(s, i) for i, s in enumerate(scores) if s is not None]
        if not scored:
            raise ValueError("Filter: the judge could score none of the images, so none can be kept.")
        kept = [i for s, i in scored if s >= least]
        return images[kept or [max(scored)[1]]], len(kept)


NODE_CLASS_MAPPINGS = {"PickapicScore": Score, "PickapicPickBest": PickBest, "PickapicFilter": Filter}
NODE_DISPLAY_NAME_MAPPINGS = {
    "PickapicScore": "Score images (Pick-a-Pic)",
    "PickapicPickBest": "Pick the best image (Pick-a-Pic)",
    "PickapicFilter": "Filter images (Pick-a-Pic)",
}
