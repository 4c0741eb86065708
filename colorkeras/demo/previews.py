"""Downscaled previews of photographs for interactive colorization."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.image_io import DecodedImage
from colorkeras.image_io.color_detection import is_colored
from colorkeras.image_io.pixels import on_white
from colorkeras.inference import hint_maps, streaming
from colorkeras.inference.color_hints import HintList
from colorkeras.inference.old_photographs import auto_contrast, find_borders, without_color
from colorkeras.inference.paper_tone import keep_tone
from colorkeras.utils.errors import UserError

MAX_SIDE = 1400
"""Maximum length in pixels of a preview's longer side."""

MAX_PAGES = 50
"""Maximum number of pages in a file."""

_NUM_CACHED = 8
"""Number of predictions to cache per preview, so that a new saturation needs no prediction."""

_FILE = "preview.npz"


class Preview:
    """First page of a photograph at display size.

    The network input is the same as at full size, so the colors match those of the final file.

    Args:
        pixels: uint8 `[h, w]` or sRGB `[h, w, 3]` with a longer side of at most `MAX_SIDE`.
        size: Width and height of the photograph in pixels.
        grayscale: Dict from model name to network input; see `Predictor.network_input`.
        models: Dict from model name to `predictor.Predictor`.
    """

    def __init__(self, pixels, size, grayscale, models):
        self.pixels, self.size = pixels, size
        self._grayscale, self._models = grayscale, models
        self._predict = lru_cache(_NUM_CACHED)(self._predict)

    def save(self, folder):
        """Save the preview in a folder; `load` restores it."""
        inputs = {f"input_{name}": grayscale for name, grayscale in self._grayscale.items()}
        np.savez(folder / _FILE, pixels=self.pixels, size=self.size, **inputs)

    @classmethod
    def load(cls, folder, models):
        """Load a preview that `save` wrote."""
        with np.load(folder / _FILE, allow_pickle=False) as stored:
            grayscale = {name: stored[f"input_{name}"] for name in models}
            size = tuple(map(int, stored["size"]))
            return cls(stored["pixels"], size, grayscale, models)

    def _predict(self, name, settings):
        hints, grayscale = None, self._grayscale[name]
        if settings.hints:
            hints = hint_maps.hint_map(settings.hints, grayscale, self.size[::-1])
        return self._models[name].predict(grayscale, settings, hints)

    def colored(self, request, pixels=None):
        """Colorize the preview or a version of the photograph at another size.

        Args:
            request: `color_request.ColorRequest`.
            pixels: The photograph at another size, uint8 or uint16; None for the preview. With
                auto-contrast, both this preview and the pixels must be stretched.

        Returns:
            `(rgb, limited)`: RGB of the same size and dtype, and a list of `(index, limited_hint)`
            with the index of a hint and its `LimitedHint`.

        Raises:
            UserError: See `Predictor.color_image`.
        """
        settings = request.settings
        settings.check(self._models[request.model].exported)
        settings.hints.check(*self.size[::-1])
        pixels = self.pixels if pixels is None else pixels
        rgb = self._predict(request.model, replace(settings, saturation=1.0))
        grayscale = self._grayscale[request.model]
        colored = streaming.upsample_color(pixels, grayscale, rgb, settings.saturation)
        scaled = _scaled_hints(settings.hints, self.size, pixels.shape[:2])
        limited = hint_maps.honor(pixels, colored, scaled, settings.saturation)
        if request.keep_tone and pixels.ndim == 3 and not is_colored(pixels):
            colored = keep_tone(pixels, colored)
        if settings.neutral_borders and (inside := find_borders(pixels)):
            colored = without_color(colored, inside)
        indices = {id(hint): index for index, hint in enumerate(scaled.hints)}
        return colored, [(indices[id(each.hint)], each) for each in limited]

    def uncertainty(self, name):
        """Return the standard deviation of chroma at network input size, float32 `[h, w]`."""
        return self._models[name].exported.standard_deviation(self._grayscale[name])[0, ..., 0]

    def likely_colors(self, name, x, y):
        """Return the most likely colors at a position in the photograph.

        Args:
            name: Name of a model that supports hints.
            x: Column in pixels of the full-size photograph.
            y: Row in pixels of the full-size photograph.

        Returns:
            Colors, uint8 `[5, 3]`, and their probabilities, float32 `[5]`, most likely first.
        """
        grayscale = self._grayscale[name]
        height, width = grayscale.shape[1:3]
        point = [
            min(side - 1, int(position * side / full))
            for position, side, full in zip((x, y), (width, height), self.size, strict=True)
        ]
        predicted = self._models[name].exported.color_distribution(grayscale, [[point]])
        colors, probabilities = (array[0, 0] for array in predicted)
        return colors, probabilities


def prepare(photograph, models, max_megapixels):
    """Read a photograph, save its preview and set its `details`.

    Args:
        photograph: `photograph_store.Photograph`.
        models: Dict from model name to `predictor.Predictor`.
        max_megapixels: Maximum size of the photograph in megapixels.

    Raises:
        UserError: The file is not an image, is too large, or has too many pages.
    """
    with image_io.open_image(photograph.source, max_megapixels) as contents:
        _check_num_pages(photograph.source, contents)
        page = next(contents.pages)
        notes = list(contents.notes)
    shown = on_white(page).pixels
    height, width = shown.shape[:2]
    preview = _preview(page, models)
    preview.save(photograph.folder)
    is_color = is_colored(shown)
    preview_height, preview_width = preview.pixels.shape[:2]
    photograph.details = {
        "name": photograph.source.name,
        "width": width,
        "height": height,
        "preview_width": preview_width,
        "preview_height": preview_height,
        "pages": contents.num_pages,
        "notes": notes,
        "is_color": is_color,
        "is_toned": not is_color and not image_io.is_nearly_gray(shown),
        "has_truth": is_color or photograph.truth is not None,
    }


def stretched_preview(path, models, max_megapixels):
    """Return the `Preview` of a file's first page with auto-contrast; see `prepare`."""
    with image_io.open_image(path, max_megapixels) as contents:
        return _preview(_stretched(next(contents.pages)), models)


def _preview(page, models):
    shown = on_white(page).pixels
    height, width = shown.shape[:2]
    grayscale = {name: model.network_input(page.pixels) for name, model in models.items()}
    return Preview(shrunk(shown), (width, height), grayscale, models)


def _stretched(page):
    inside = find_borders(page.pixels)
    return DecodedImage(auto_contrast(page.pixels, inside, page.alpha), page.alpha)


def read_first_page(path, max_megapixels, is_stretched=False):
    """Return the pixels of a file's first page on white, uint8 gray or RGB.

    Args:
        path: Image file.
        max_megapixels: Maximum size in megapixels.
        is_stretched: Whether to apply auto-contrast.
    """
    with image_io.open_image(path, max_megapixels) as contents:
        page = next(contents.pages)
    return image_io.as_uint8(on_white(_stretched(page) if is_stretched else page).pixels)


def shrunk(pixels):
    """Convert pixels to uint8, downscaled so that the longer side is at most `MAX_SIDE`."""
    image = Image.fromarray(image_io.as_uint8(pixels))
    # reducing_gap halves the image first, which is much faster and almost as good.
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(image)


def _check_num_pages(source, contents):
    if contents.num_pages > MAX_PAGES:
        raise UserError(
            f"'{source.name}' with {contents.num_pages} pages",
            f"at most {MAX_PAGES} pages",
            "Split it into several files.",
        )


def _scaled_hints(hints, size, scaled_size):
    """Rescale hints from `size` (width, height) to `scaled_size` (height, width)."""
    height, width = scaled_size
    factors = width / size[0], height / size[1]

    def scaled(hint):
        x, y = (
            min(max(0.0, (position + 0.5) * factor - 0.5), side - 1)
            for position, factor, side in zip(
                (hint.x, hint.y), factors, (width, height), strict=True
            )
        )
        radius = max(1.0, hint.radius_for(size[1], size[0]) * max(factors))
        return replace(hint, x=x, y=y, radius=radius)

    return HintList(map(scaled, hints.hints))
