"""Metrics of photographs of any size: skin color, coherence, and hints.

Images are uint8 `[h, w, 3]`, pooled over all pixels of a source. Chroma is Cb and Cr in
`[-0.5, 0.5]`, luma is in `[0, 1]`.
"""

import numpy as np

from colorkeras.color.spaces import from_uint8, luma, rgb_to_chroma, rgb_to_lab
from colorkeras.utils.errors import UserError

SKIN_BOX = 0.4
"""Sides of the central box of a portrait relative to the image's."""

NUM_SUPERPIXELS = 100

HINT_SIZE = 3
"""Side of a hint in pixels."""


def skin_errors(truths, outputs):
    """Return the color errors of skin in portraits by tercile of lightness.

    Skin is the central box of each image. Terciles are those of the boxes' mean L* in the ground
    truth, the darkest first. All medians are over the pixels of a tercile.

    Args:
        truths: Portraits of one source, a list of at least 3 images.
        outputs: Colorized images in the same order.

    Returns:
        List of 3 dicts of float: "error", median distance in the a*b* plane; "constant_error", that
        of the median color of all boxes; "a" and "b", median signed errors of a* and b*.
    """
    truths, outputs = ([_skin_lab(image) for image in images] for images in (truths, outputs))
    lightness = [box[:, 0].mean() for box in truths]
    terciles = np.digitize(lightness, np.quantile(lightness, [1 / 3, 2 / 3]))
    constant = np.median(np.concatenate(truths)[:, 1:], axis=0)
    results = []
    for tercile in range(3):
        indices = np.flatnonzero(terciles == tercile)
        truth, output = (
            np.concatenate([boxes[index][:, 1:] for index in indices])
            for boxes in (truths, outputs)
        )
        a, b = np.median(output - truth, axis=0)
        results.append(
            {
                "error": float(np.median(np.linalg.norm(output - truth, axis=1))),
                "constant_error": float(np.median(np.linalg.norm(constant - truth, axis=1))),
                "a": float(a),
                "b": float(b),
            }
        )
    return results


def _skin_lab(image):
    height, width = image.shape[:2]
    low, high = (1 - SKIN_BOX) / 2, (1 + SKIN_BOX) / 2
    box = image[
        round(low * height) : round(high * height), round(low * width) : round(high * width)
    ]
    return rgb_to_lab(from_uint8(box)).numpy().reshape(-1, 3)


def superpixels(image):
    """Segment an image by luma with SLIC: int `[h, w]`, from 0.

    Raises:
        UserError: scikit-image is not installed.

    Reference: Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods",
    IEEE Transactions on Pattern Analysis and Machine Intelligence 34, 2012.
    """
    try:
        from skimage.segmentation import slic
    except ImportError as error:
        raise UserError(
            "coherence without scikit-image", "scikit-image", "pip install scikit-image"
        ) from error
    gray = luma(from_uint8(image)).numpy()[..., 0]
    return slic(gray, n_segments=NUM_SUPERPIXELS, channel_axis=None, start_label=0)


def incoherence(images, segments):
    """Return the share of chroma variance that lies within superpixels; lower is more coherent.

    Args:
        images: List of images.
        segments: List of their `superpixels`, computed from the ground truth's luma.

    Returns:
        float in `[0, 1]`, both variances summed over all pixels of all images; 0 for gray images.
    """
    within, total = 0.0, 0.0
    for image, labels in zip(images, segments, strict=True):
        chroma, labels = _chroma(image).reshape(-1, 2), labels.ravel()
        counts = np.maximum(np.bincount(labels), 1)
        sums = np.stack([np.bincount(labels, values) for values in chroma.T], axis=-1)
        within += np.square(chroma - (sums / counts[:, np.newaxis])[labels]).sum()
        total += np.square(chroma - chroma.mean(axis=0)).sum()
    return float(within / total) if total else 0.0


def random_hints(image, count, seed=0):
    """Draw hints at random positions of a ground-truth image.

    Args:
        image: Ground truth of at least `HINT_SIZE` pixels per side.
        count: Number of hints.
        seed: Seed of the positions, a whole number or a list of them.

    Returns:
        `(positions, chroma)`: int `[count, 2]`, rows and columns of the centers; float
        `[count, 2]`, mean chroma of `HINT_SIZE` x `HINT_SIZE` pixels around them.
    """
    generator, reach = np.random.default_rng(seed), HINT_SIZE // 2
    positions = np.stack(
        [generator.integers(reach, side - reach, count) for side in image.shape[:2]], axis=1
    )
    chroma = _chroma(image)
    means = [
        chroma[row - reach : row + reach + 1, column - reach : column + reach + 1].mean(axis=(0, 1))
        for row, column in positions
    ]
    return positions, np.array(means)


def spread_hints(gray, positions, chroma, sigma=15.0, luma_sigma=0.08):
    """Interpolate hints without a network: the baseline of models that take hints.

    Each pixel gets the mean chroma of all hints, weighted by Gaussians of the distance and of the
    difference in luma.

    Args:
        gray: Luma, float `[h, w]`.
        positions: int `[n, 2]`, rows and columns, n at least 1.
        chroma: float `[n, 2]`.
        sigma: Standard deviation of the distance in pixels.
        luma_sigma: Standard deviation of the luma difference.

    Returns:
        Chroma, float `[h, w, 2]`.
    """
    rows, columns = np.mgrid[: gray.shape[0], : gray.shape[1]]
    exponents = np.stack(
        [
            -((rows - row) ** 2 + (columns - column) ** 2) / (2 * sigma**2)
            - (gray - gray[row, column]) ** 2 / (2 * luma_sigma**2)
            for row, column in positions
        ],
        axis=-1,
    )
    # Relative to the largest, so that weights far from all hints do not underflow.
    weights = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ chroma


def _chroma(image):
    return rgb_to_chroma(from_uint8(image)).numpy().astype(np.float64)
