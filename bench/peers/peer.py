"""The other side of `npm run bench -- peers` and `-- devices`: PyTorch and transformers, as a user of them would write it.

Reads one JSON request per line, answers each with one line. Times are taken here, around the work alone. Needs torch, transformers and pillow.
"""

import json
import os
import sys
import time

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "true"
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # What libraries print is not an answer.

import numpy
import torch
import transformers
from PIL import Image

MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


class Training:
    """One optimizer step on all parameters: forward, backward, clipping, AdamW. The batch is in memory, as floats.

    In float16 with autocast and a GradScaler, as torch's own guide says.
    """

    def __init__(self, model, batch, pixels, rate, decay, clip, card="cpu", precision="float32"):
        self.card, self.is_mixed = card, precision == "float16"
        self.model = transformers.CLIPModel.from_pretrained(model, dtype=torch.float32).train().to(card)
        self.ids = torch.tensor(batch["ids"]).to(card)
        raw = torch.from_numpy(numpy.fromfile(pixels, dtype=numpy.uint8)).reshape(len(batch["images"]), 3, *batch["size"])
        shaped = lambda values: torch.tensor(values).reshape(1, 3, 1, 1)
        self.pixels = ((raw / 255 - shaped(MEAN)) / shaped(STD)).contiguous().to(card)
        self.places = [torch.tensor(batch[key]).to(card) for key in ("text", "first", "second")]
        self.targets, self.weights = torch.tensor(batch["targets"]).to(card), torch.tensor(batch["weights"]).to(card)
        self.clip = clip
        self.scaler = torch.amp.GradScaler(card, enabled=self.is_mixed)
        adamw = lambda **kind: torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=decay, **kind)
        self.optimizers = dict(plain=adamw(), fused=adamw(fused=True))

    def loss(self):
        text, first, second = self.places
        with torch.autocast(self.card, torch.float16, enabled=self.is_mixed):
            texts = self.model.get_text_features(input_ids=self.ids).pooler_output
            images = self.model.get_image_features(pixel_values=self.pixels).pooler_output
        texts = torch.nn.functional.normalize(texts.float(), dim=-1)
        images = torch.nn.functional.normalize(images.float(), dim=-1)
        cosine = torch.stack([(texts[text] * images[place]).sum(-1) for place in (first, second)], -1)
        logs = torch.log_softmax(self.model.logit_scale.exp() * cosine, -1)
        divergence = (torch.xlogy(self.targets, self.targets) - self.targets * logs).sum(-1)
        return (self.weights * divergence).sum()

    def step(self, optimizer):
        optimizer = self.optimizers[optimizer]
        loss = self.loss()
        optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.scaler.step(optimizer)
        self.scaler.update()
        return dict(loss=loss.item())


class Embedding:
    """Embeds pictures that are in memory as floats."""

    def __init__(self, model, count, side, card):
        self.model = transformers.CLIPModel.from_pretrained(model, dtype=torch.float32).eval().to(card)
        self.pixels, self.card = torch.zeros(count, 3, side, side), card

    def step(self):
        with torch.inference_mode():
            images = self.model.get_image_features(pixel_values=self.pixels.to(self.card)).pooler_output
            torch.nn.functional.normalize(images, dim=-1).cpu()
        return {}


class Scoring:
    """Scores picture files, T cos(text, image), in batches and without gradients."""

    def __init__(self, model, batch):
        self.model = transformers.CLIPModel.from_pretrained(model, dtype=torch.float32).eval()
        self.processor = transformers.CLIPProcessor.from_pretrained(model)
        self.batch = batch

    def step(self, prompt, files):
        with torch.inference_mode():
            inputs = self.processor(text=[prompt], padding="max_length", truncation=True, max_length=77, return_tensors="pt")
            text = torch.nn.functional.normalize(self.model.get_text_features(**inputs).pooler_output, dim=-1)
            scores = []
            for start in range(0, len(files), self.batch):
                pictures = [Image.open(file).convert("RGB") for file in files[start : start + self.batch]]
                pixels = self.processor(images=pictures, return_tensors="pt")
                images = torch.nn.functional.normalize(self.model.get_image_features(**pixels).pooler_output, dim=-1)
                scores += (self.model.logit_scale.exp() * (images @ text[0])).tolist()
        return dict(scores=scores)


class Pipeline:
    """Scores picture files with transformers' pipeline. It returns a softmax over the prompts, so its scores cannot be compared."""

    def __init__(self, model, batch):
        self.pipeline = transformers.pipeline("zero-shot-image-classification", model=model, device="cpu", dtype=torch.float32)
        self.batch = batch

    def step(self, prompt, files):
        results = self.pipeline(files, candidate_labels=[prompt], hypothesis_template="{}", batch_size=self.batch)
        return dict(count=len(results))


KINDS = {"training": Training, "embedding": Embedding, "scoring": Scoring, "pipeline": Pipeline}
opened = {}


def answer(request):
    do, name = request.pop("do"), request.pop("name", None)
    if do == "facts":
        torch.set_num_threads(request["threads"])
        cpu = torch.backends.cpu.get_cpu_capability()
        versions = dict(python=sys.version.split()[0], torch=torch.__version__, transformers=transformers.__version__)
        card = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        return dict(versions, threads=torch.get_num_threads(), cpu=cpu, card=card)
    if do == "open":
        opened[name] = KINDS[request.pop("kind")](**request)
        return {}
    if do == "close":
        opened.pop(name, None)
        return {}
    start = time.perf_counter()
    result = getattr(opened[name], do)(**request) or {}
    return dict(result, seconds=time.perf_counter() - start)


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:  # The benchmark throws it as its own error.
        reply = dict(error=f"{type(error).__name__}: {error}")
    answers.write(json.dumps(reply) + "\n")
    answers.flush()
