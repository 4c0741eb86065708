"""Downscaled previews of photographs for interactive colorization."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.image_io.color_detection import find_tint, tone_curve
from colorkeras.image_io.pixels import on_white
from colorkeras.inference import hint_maps, streaming
from colorkeras.inference.color_hints import HintList
from colorkeras.inference.color_settings import ColorSettings
from colorkeras.inference.old_photographs import postprocess, preprocess, scaled_borders
from colorkeras.utils.errors import UserError

MAX_SIDE = 1400
"""Maximum length in pixels of a preview's longer side."""

MAX_PAGES = 50
"""Maximum number of pages in a file."""

_NUM_CACHED = 8
"""Number of predictions to cache per preview, so that changing the saturation is fast."""

_FILE = "preview.npz"


class Preview:
    """First page of a photograph at display size.

    The network input is the same as at full size, so the preview has the colors of the final file.

    Args:
        pixels: uint8 `[h, w]` or sRGB `[h, w, 3]` with a longer side of at most `MAX_SIDE`.
        size: Width and height of the photograph in pixels.
        grayscale: Dict from model name to network input; see `Predictor.network_input`.
        models: Dict from model name to `predictor.Predictor`.
        inside: Slices of the rows and columns inside the paper borders, or None.
        tone: Result of `tone_curve` for the photograph, or None if it is not toned.
    """

    def __init__(self, pixels, size, grayscale, models, inside=None, tone=None):
        self.pixels, self.size = pixels, size
        self._grayscale, self._models = grayscale, models
        self._inside, self._tone = inside, tone
        self._predict = lru_cache(_NUM_CACHED)(self._predict)

    def save(self, folder):
        """Save the preview to a folder; `load` restores it."""
        arrays = {f"input_{name}": grayscale for name, grayscale in self._grayscale.items()}
        if self._inside is not None:
            arrays["inside"] = [(part.start, part.stop) for part in self._inside]
        if self._tone is not None:
            arrays["levels"], arrays["tones"] = self._tone
        np.savez(folder / _FILE, pixels=self.pixels, size=self.size, **arrays)

    @classmethod
    def load(cls, folder, models):
        """Load a preview written by `save`."""
        inside, tone = None, None
        with np.load(folder / _FILE, allow_pickle=False) as stored:
            grayscale = {name: stored[f"input_{name}"] for name in models}
            size = tuple(map(int, stored["size"]))
            if "inside" in stored:
                inside = tuple(slice(*map(int, ends)) for ends in stored["inside"])
            if "levels" in stored:
                tone = stored["levels"], stored["tones"]
            return cls(stored["pixels"], size, grayscale, models, inside, tone)

    def _predict(self, name, settings):
        hints, grayscale = None, self._grayscale[name]
        if settings.hints:
            hints = hint_maps.hint_map(settings.hints, grayscale, self.size[::-1])
        return self._models[name].predict(grayscale, settings, hints)

    def colored(self, request, pixels=None):
        """Colorize the preview or a version of the photograph at another size.

        Args:
            request: `color_request.ColorRequest`.
            pixels: Pixels of the photograph at another size, uint8 or uint16, or None for the
                preview. With auto-contrast, the contrast of both the preview and these pixels must
                already be stretched.

        Returns:
            `(rgb, limited)`: RGB pixels of the same size and dtype, and a list of
            `(index, limited_hint)` with the index of each limited hint and its `LimitedHint`.

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
        inside = self._inside if settings.neutral_borders else None
        if inside is not None:
            inside = scaled_borders(inside, self.size[::-1], pixels.shape[:2])
        colored = postprocess(colored, inside, self._tone if request.keep_tone else None)
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
    tint = find_tint(on_white(page).pixels)
    preview = _preview(page, tint, models)
    preview.save(photograph.folder)
    height, width = page.size
    preview_height, preview_width = preview.pixels.shape[:2]
    photograph.details = {
        "name": photograph.source.name,
        "width": width,
        "height": height,
        "preview_width": preview_width,
        "preview_height": preview_height,
        "pages": contents.num_pages,
        "notes": notes,
        "is_color": tint == "color",
        "is_toned": tint == "toned",
        "has_truth": tint == "color" or photograph.truth is not None,
    }


def stretched_preview(path, models, max_megapixels):
    """Return the `Preview` of a file's first page after auto-contrast."""
    with image_io.open_image(path, max_megapixels) as contents:
        page = next(contents.pages)
    return _preview(page, find_tint(on_white(page).pixels), models, is_stretched=True)


def _preview(page, tint, models, is_stretched=False):
    """Create a `Preview`; `tint` is the tint of the page before auto-contrast."""
    settings = ColorSettings(auto_contrast=is_stretched, neutral_borders=True)
    page, _, inside = preprocess(page, settings, [])
    tone = tone_curve(page.pixels) if tint == "toned" else None
    grayscale = {name: model.network_input(page.pixels) for name, model in models.items()}
    small = shrunk(on_white(page).pixels)
    return Preview(small, page.size[::-1], grayscale, models, inside, tone)


def read_first_page(path, max_megapixels, is_stretched=False):
    """Return the first page of a file on a white background as uint8 gray or RGB pixels.

    Args:
        path: Image file.
        max_megapixels: Maximum size in megapixels.
        is_stretched: Whether to apply auto-contrast.
    """
    with image_io.open_image(path, max_megapixels) as contents:
        page = next(contents.pages)
    page, _, _ = preprocess(page, ColorSettings(auto_contrast=is_stretched), [])
    return image_io.as_uint8(on_white(page).pixels)


def shrunk(pixels):
    """Convert pixels to uint8, downscaled so that the longer side is at most `MAX_SIDE`."""
    image = Image.fromarray(image_io.as_uint8(pixels))
    # With reducing_gap, the image is first reduced by an integer factor, which is much faster.
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(image)


def _check_num_pages(source, contents):
    if contents.num_pages > MAX_PAGES:
        raise UserError(
            f"'{source.name}', which has {contents.num_pages} pages",
            f"at most {MAX_PAGES} pages",
            "Split it into several files.",
        )


def _scaled_hints(hints, size, scaled_size):
    """Rescale hints from an image of `size` (width, height) to `scaled_size` (height, width)."""
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
