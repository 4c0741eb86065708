"""Metrics for photographs of any size: skin color, coherence and color hints.

Images are uint8 `[h, w, 3]`, and metrics are pooled over all pixels. Chroma is Cb and Cr in
`[-0.5, 0.5]`; luma is in `[0, 1]`.
"""

import numpy as np

from colorkeras.color.spaces import from_uint8, luma, rgb_to_chroma, rgb_to_lab
from colorkeras.utils.errors import UserError

SKIN_BOX = 0.4
"""Height and width of the central box of a portrait, as a fraction of the image's size."""

MIN_PORTRAITS = 3
"""Minimum number of portraits for `skin_errors`, one per tercile."""

NUM_SUPERPIXELS = 100

_MIN_VARIANCE = 1e-5
"""Minimum chroma variance: above rounding errors in gray photographs, below any 8-bit color."""

HINT_SIZE = 3
"""Side length of a hint in pixels."""


def skin_errors(truths, outputs):
    """Compute skin color errors in portraits for each tercile of skin lightness.

    The central box of each image is treated as skin. Images are divided into terciles by the mean
    L* of the box in the ground truth, darkest first. Medians are over all pixels in a tercile.

    Args:
        truths: Portraits from one source, a list of at least `MIN_PORTRAITS` images.
        outputs: Colorized images in the same order.

    Returns:
        List of 3 dicts of float: "error", the median distance in the a*b* plane; "constant_error",
        the same distance if every pixel is predicted to have the median color of all boxes; and
        "a" and "b", the median signed errors in a* and b*.
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
    """Segment an image by luma using SLIC; return zero-based labels, int `[h, w]`.

    Raises:
        UserError: scikit-image is not installed.

    Reference: Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods",
    IEEE Transactions on Pattern Analysis and Machine Intelligence 34, 2012.
    """
    try:
        from skimage.segmentation import slic
    except ImportError as error:
        raise UserError(
            "a Python environment without scikit-image",
            "a Python environment with scikit-image",
            "Run pip install scikit-image.",
        ) from error
    gray = luma(from_uint8(image)).numpy()[..., 0]
    return slic(gray, n_segments=NUM_SUPERPIXELS, channel_axis=None, start_label=0)


def chroma_variances(image, segments):
    """Compute the chroma variance of an image, within superpixels and in total.

    Args:
        image: Image with the same height and width as `segments`.
        segments: Result of `superpixels` for the ground truth.

    Returns:
        float `[2]`: squared chroma distances from each superpixel's mean and from the image's mean,
        summed over pixels.
    """
    chroma, labels = _chroma(image).reshape(-1, 2), segments.ravel()
    counts = np.maximum(np.bincount(labels), 1)
    sums = np.stack([np.bincount(labels, values) for values in chroma.T], axis=-1)
    means = (sums / counts[:, np.newaxis])[labels], chroma.mean(axis=0)
    return np.array([np.square(chroma - mean).sum() for mean in means])


def incoherence(variances):
    """Compute the fraction of chroma variance within superpixels; lower is more coherent.

    Args:
        variances: Results of `chroma_variances` for several images, `[n, 2]`.

    Returns:
        float in `[0, 1]`, computed from variances summed over all images; 0 for gray images.
    """
    within, total = np.sum(variances, axis=0)
    return float(within / total) if total > _MIN_VARIANCE else 0.0


def random_hints(image, count, seed=0):
    """Draw hints at random positions in a ground-truth image.

    Args:
        image: Ground truth with sides of at least `HINT_SIZE` pixels.
        count: Number of hints.
        seed: Seed for the positions, int or list of int.

    Returns:
        `(positions, chroma)`: row and column of each center, int `[count, 2]`, and mean chroma of
        the surrounding `HINT_SIZE` x `HINT_SIZE` pixels, float `[count, 2]`.
    """
    generator, reach = np.random.default_rng(seed), HINT_SIZE // 2
    positions = np.stack(
        [generator.integers(reach, side - reach, count) for side in image.shape[:2]], axis=1
    )
    return positions, hint_chroma(image, positions)


def hint_chroma(image, positions):
    """Compute the mean chroma of an image at each hint.

    Args:
        image: uint8 `[h, w, 3]`.
        positions: Row and column of each center, int `[n, 2]`; see `random_hints`.

    Returns:
        float `[n, 2]`, Cb and Cr.
    """
    chroma, reach = _chroma(image), HINT_SIZE // 2
    patches = [
        chroma[row - reach : row + reach + 1, column - reach : column + reach + 1]
        for row, column in positions
    ]
    return np.mean(patches, axis=(1, 2))


def spread_hints(gray, positions, chroma, sigma=15.0, luma_sigma=0.08):
    """Interpolate hints without a network, as a baseline for models that accept hints.

    Each pixel gets the mean chroma of all hints, weighted by Gaussians of the distance and of the
    luma difference.

    Args:
        gray: Luma, float `[h, w]`.
        positions: Row and column of each hint, int `[n, 2]`, n at least 1.
        chroma: float `[n, 2]`.
        sigma: Standard deviation of the distance Gaussian, in pixels.
        luma_sigma: Standard deviation of the luma difference Gaussian.

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
    # Subtract the largest exponent so that weights do not underflow far from all hints.
    weights = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ chroma


def _chroma(image):
    return rgb_to_chroma(from_uint8(image)).numpy().astype(np.float64)
