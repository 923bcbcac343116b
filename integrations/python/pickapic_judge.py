"""Asks a Pick-a-Pic judge which images people prefer. Python 3.8 or newer, standard library only; see README.md beside this file."""
import base64
import io
import json
import os
import urllib.error
import urllib.request


class JudgeError(Exception):
    """The judge refused a question; str() is its sentence, `code` is stable, such as PICKAPIC_JUDGE_IMAGE."""
    def __init__(self, message, code=None, status=None):
        super().__init__(message)
        self.code, self.status = code, status

class Judge:
    """A judge at `url`; `key` is needed where it has keys (default: the environment variable PICKAPIC_JUDGE_KEY)."""
    def __init__(self, url="http://localhost:3100", key=None, timeout=120.0):
        self.url, self.key, self.timeout = url.rstrip("/"), key or os.environ.get("PICKAPIC_JUDGE_KEY"), timeout

    def rank(self, prompt, images, scale="raw", top=None):
        """Best first: a list of {index, rank, score, probability}. Images are paths, bytes, or PIL images."""
        body = {"prompt": prompt, "images": [_encoded(image) for image in images], "scale": scale}
        return self._ask("/api/rank", body if top is None else {**body, "top": top})["ranked"]

    def best(self, prompt, images):
        """The index of the image that people most probably prefer."""
        return self.rank(prompt, images, top=1)[0]["index"]

    def score(self, prompts, images, scale="raw"):
        """One number for each image, None for one that cannot be read. `prompts` is one text, or one for each image."""
        if isinstance(prompts, str):
            prompts = [prompts] * len(images)
        if len(prompts) != len(images):
            raise ValueError(f"expected one prompt for each image; got {len(prompts)} prompts and {len(images)} images")
        items = [{"prompt": prompt, "image": _encoded(image)} for prompt, image in zip(prompts, images)]
        return self._ask("/api/score", {"items": items, "scale": scale})["scores"]

    def _ask(self, path, body):
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            told = json.loads(error.read() or b"{}").get("error", {})
            raise JudgeError(told.get("message", str(error)), told.get("code"), error.code) from None
        except urllib.error.URLError as error:
            raise JudgeError(f"no judge answers at {self.url} ({error.reason}): start one with pickapic judge serve") from None


def _encoded(image):
    if isinstance(image, (str, os.PathLike)):
        with open(image, "rb") as file:
            image = file.read()
    elif not isinstance(image, (bytes, bytearray)):
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        image = buffer.getvalue()
    return base64.b64encode(image).decode()
