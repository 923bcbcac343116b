"""A script for AUTOMATIC1111's and Forge's web page: orders the images of a batch by what people prefer. See README.md beside this file."""
import os

import gradio
from modules import scripts

from pickapic_judge import Judge


class Script(scripts.Script):
    def title(self):
        return "Pick-a-Pic: best first"

    def show(self, is_img2img):
        return scripts.AlwaysVisible

    def ui(self, is_img2img):
        with gradio.Accordion("Pick-a-Pic", open=False):
            enabled = gradio.Checkbox(False, label="Order the images of a batch, best first")
            address = gradio.Textbox(os.environ.get("PICKAPIC_JUDGE_URL", "http://localhost:3100"), label="Address of the judge")
        return [enabled, address]

    def postprocess(self, p, processed, enabled, address):
        # The first image is the grid where the page makes one; it stays in front.
        first = processed.index_of_first_image
        images = processed.images[first:]
        if not enabled or len(images) < 2:
            return
        if len(set(processed.all_prompts)) > 1:
            processed.comments += "\nPick-a-Pic: the images have different prompts, so they were not ordered."
            return
        try:
            ranked = Judge(address).rank(processed.all_prompts[0], images)
        except Exception as error:  # The images are made; a judge that is away must not lose them.
            processed.comments += f"\nPick-a-Pic: the images were not ordered: {error}"
            return
        # Images that the judge could not read come last, in their order.
        standing = {one["index"]: one for one in ranked}
        order = [one["index"] for one in ranked] + [i for i in range(len(images)) if i not in standing]
        texts = [self.described(text, standing.get(i)) for i, text in enumerate(processed.infotexts[first:])]
        self.reorder(processed, "images", order, first, images)
        self.reorder(processed, "infotexts", order, first, texts)
        for name in ("all_prompts", "all_negative_prompts", "all_seeds", "all_subseeds"):
            values = getattr(processed, name)
            if len(values) == len(images):
                setattr(processed, name, [values[i] for i in order])

    def described(self, text, one):
        if one is None:
            return text
        return f"{text}, Pick-a-Pic score: {one['score']:.4f}, Pick-a-Pic probability: {one['probability']:.3f}"

    def reorder(self, processed, name, order, first, values):
        if len(values) == len(order):
            setattr(processed, name, getattr(processed, name)[:first] + [values[i] for i in order])
