"""Runs the ComfyUI nodes and the AUTOMATIC1111 script against a judge: python integrations/check.py http://localhost:3100

Neither host is in a package registry, so this stands in for what they call: a folder of nodes with tensors for ComfyUI, and the modules `modules.scripts` and
`gradio` for the web page. It needs torch, numpy and Pillow, as the hosts do.
"""
import importlib.util
import pathlib
import shutil
import sys
import tempfile
import types

import torch
from PIL import Image

HERE = pathlib.Path(__file__).parent


def load(name, path, package=False):
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(path.parent)] if package else None)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def check_comfyui(url, folder):
    shutil.copy(HERE / "comfyui/__init__.py", folder)
    shutil.copy(HERE / "python/pickapic_judge.py", folder)
    nodes = load("pickapic", folder / "__init__.py", package=True).NODE_CLASS_MAPPINGS
    images = torch.rand(3, 64, 64, 3, generator=torch.Generator().manual_seed(1))
    for name, node in nodes.items():
        given = {field: kind[1].get("default", "a red apple") for field, kind in node.INPUT_TYPES()["required"].items() if len(kind) > 1}
        chosen = {field: kind[0][0] for field, kind in node.INPUT_TYPES()["required"].items() if isinstance(kind[0], list)}
        out = getattr(node(), node.FUNCTION)(images=images, judge=url, **{**given, **chosen})
        assert len(out) == len(node.RETURN_TYPES), name
    scores, _ = nodes["PickapicScore"]().score(images, "a red apple", "raw", url)
    best, index, probability = nodes["PickapicPickBest"]().pick(images, "a red apple", url)
    assert scores[index] == max(scores) and torch.equal(best[0], images[index]) and 1 / 3 <= probability < 1
    kept, count = nodes["PickapicFilter"]().keep(images, "a red apple", "raw", sorted(scores)[1], url)
    assert count == len(kept) == 2
    none, count = nodes["PickapicFilter"]().keep(images, "a red apple", "raw", 1000.0, url)
    assert count == 0 and torch.equal(none[0], best[0])


def check_a1111(url):
    host = types.SimpleNamespace(Script=object, AlwaysVisible=object())
    sys.modules["modules"] = types.SimpleNamespace(scripts=host)
    sys.modules["gradio"] = types.SimpleNamespace()
    sys.path.insert(0, str(HERE / "python"))
    script = load("a1111", HERE / "a1111/pickapic.py").Script()
    colours = ["red", "green", "blue", "white"]

    def made():
        images = [Image.new("RGB", (64, 64), colour) for colour in colours]
        grid = Image.new("RGB", (128, 128))
        return types.SimpleNamespace(
            images=[grid, *images], index_of_first_image=1, infotexts=["grid", *colours], comments="",
            all_prompts=["a red apple"] * 4, all_negative_prompts=[""] * 4, all_seeds=[1, 2, 3, 4], all_subseeds=[0] * 4,
        )

    done = made()
    script.postprocess(None, done, True, url)
    seeds = {colour: seed for seed, colour in enumerate(colours, 1)}
    assert done.images[0].size == (128, 128) and done.infotexts[0] == "grid"
    assert [seeds[text.split(",")[0]] for text in done.infotexts[1:]] == done.all_seeds
    assert all("Pick-a-Pic score" in text for text in done.infotexts[1:]), done.infotexts
    probabilities = [float(text.rsplit(" ", 1)[1]) for text in done.infotexts[1:]]
    assert probabilities == sorted(probabilities, reverse=True)
    away = made()
    script.postprocess(None, away, True, "http://127.0.0.1:9")
    assert away.all_seeds == [1, 2, 3, 4] and "were not ordered" in away.comments


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        check_comfyui(sys.argv[1], pathlib.Path(temporary))
    check_a1111(sys.argv[1])
    print("The ComfyUI nodes and the AUTOMATIC1111 script agree with the judge.")
