"""Blind test in which visitors try to distinguish real from recolored crops of photographs."""

import hashlib
import hmac
import json
import math
import secrets
from importlib import resources

from starlette.responses import JSONResponse
from starlette.routing import Route

from colorkeras.demo import web
from colorkeras.demo.visitor_messages import PageError

NUM_CROPS = 30
"""Number of bundled crops created by `tools/blind_test_crops.py`."""

DEFAULT_COUNT = 10
"""Default number of crops in a round."""

REAL, RECOLORED = "real", "recolored"

_KINDS = (REAL, RECOLORED)

_CROPS = resources.files("colorkeras.demo") / "static" / "crops"


def crop_file(number, kind):
    """Return the file name of a crop of the given kind, `REAL` or `RECOLORED`.

    >>> crop_file(3, REAL)
    '03_real.jpg'
    """
    return f"{number:02}_{kind}.jpg"


class BlindTest:
    """Request handlers for the blind test.

    The server does not store rounds. Each item's ID is a message authentication code computed from
    the round, the crop number and the kind of crop, so it does not reveal the answer.
    """

    def __init__(self):
        self._secret = secrets.token_bytes(32)
        self._crops = json.loads((_CROPS / "crops.json").read_text(encoding="utf-8"))

    def routes(self):
        """Return the routes under `/api`."""
        return [
            Route("/blind_test", self.start),
            Route("/blind_test", self.score, methods=["POST"]),
            Route("/blind_test/{round}/{item}.jpg", self.picture),
        ]

    async def start(self, request):
        """Draw crops for a round, each real or recolored with equal probability."""
        text = request.query_params.get("count", str(DEFAULT_COUNT))
        # Python raises an error for numbers with thousands of digits.
        if not (text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= NUM_CROPS):
            raise PageError(f"A round can have 1 to {NUM_CROPS} pictures.")
        name, chance = secrets.token_hex(8), secrets.SystemRandom()
        items = [
            self._id(name, number, chance.choice(_KINDS))
            for number in chance.sample(range(NUM_CROPS), int(text))
        ]
        listed = [{"id": item, "url": f"/api/blind_test/{name}/{item}.jpg"} for item in items]
        return JSONResponse({"round": name, "items": listed})

    def _id(self, name, number, kind):
        message = f"{name} {number} {kind}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:20]

    def _items(self, name):
        """Return a dict from ID to (crop number, kind) for all possible items of a round."""
        return {
            self._id(name, number, kind): (number, kind)
            for number in range(NUM_CROPS)
            for kind in _KINDS
        }

    async def picture(self, request):
        """Return the image of an item."""
        items = self._items(request.path_params["round"])
        found = items.get(request.path_params["item"])
        if found is None:
            raise PageError("This picture does not exist. Please start a new round.", 404)
        # A file response would include headers that identify the file.
        return web.file_bytes((_CROPS / crop_file(*found)).read_bytes())

    async def score(self, request):
        """Score the answers of a round without storing them."""
        content = await web.read_json(request)
        answers, items = content.get("answers"), self._items(str(content.get("round")))
        if not isinstance(answers, dict) or not answers:
            raise PageError("The request contains no answers.", 400)
        if any(item not in items or answer not in _KINDS for item, answer in answers.items()):
            raise PageError("These answers do not match any round. Please start a new round.")
        pictures = [self._picture(item, *items[item], answer) for item, answer in answers.items()]
        num_right = sum(picture["right"] for picture in pictures)
        low, high = wilson(num_right, len(pictures))
        return JSONResponse(
            {
                "score": num_right,
                "count": len(pictures),
                "interval": [round(low, 4), round(high, 4)],
                "expected": 0.5,
                "sentence": sentence(num_right, len(pictures)),
                "pictures": pictures,
            }
        )

    def _picture(self, item, number, kind, answer):
        address = "/static/crops/"
        return {
            "id": item,
            **self._crops[number],
            "true_url": address + crop_file(number, REAL),
            "colored_url": address + crop_file(number, RECOLORED),
            "truth": kind,
            "answer": answer,
            "right": answer == kind,
        }


def sentence(num_right, count):
    """Describe a score in words.

    >>> print(sentence(7, 10))
    You got 7 of 10 pictures right. Guessing would get about 5, so this may be luck.
    """
    low, high = wilson(num_right, count)
    if low > 0.5:
        meaning = "you can tell real pictures from recolored ones"
    elif high < 0.5:
        meaning = "the recolored pictures looked more real to you than the real ones"
    else:
        meaning = "this may be luck"
    return (
        f"You got {num_right} of {count} pictures right. "
        f"Guessing would get about {count / 2:g}, so {meaning}."
    )


def wilson(num_successes, num_trials, quantile=1.96):
    """Return the Wilson score interval `(low, high)` for a proportion (default level: 95%).

    Reference: Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 1927.

    >>> low, high = wilson(5, 10)
    >>> print(f"{low:.3f} {high:.3f}")
    0.237 0.763
    """
    share, square = num_successes / num_trials, quantile**2 / num_trials
    middle = share + square / 2
    half = math.sqrt(share * (1 - share) * square + square**2 / 4)
    return (middle - half) / (1 + square), (middle + half) / (1 + square)
