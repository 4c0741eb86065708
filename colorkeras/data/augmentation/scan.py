"""Grayscale as the scan of an old photograph shows it, instead of BT.601 luma.

`degrade` applies random effects in the order in which a photograph meets them: its film, the lens,
development, grain, a century in a drawer. Every effect maps grayscale, float32 `[n, h, w, 1]` in
0..1, and `Randomness` to the same, with another strength for each picture. Blur and grain have
their size in pixels, whatever the size of the picture.

References:
    Films, and a simpler model of the same kind: Luo, Zhang, Yoo, Martin-Brualla, Lawrence, Seitz,
    "Time-Travel Rephotography", ACM Transactions on Graphics 40(6), 2021.
    Tone curve: Hurter, Driffield, "Photo-chemical investigations and a new method of determination
    of the sensitiveness of photographic plates", Journal of the Society of Chemical Industry 9,
    1890.
    Grain: Newson, Delon, Galerne, "A stochastic film grain model for resolution-independent
    rendering", Computer Graphics Forum 36(8), 2017.
"""

import math

import tensorflow as tf

from colorkeras.color.spaces import luma

FILMS = {
    "blue-sensitive": (0.0, 0.0, 1.0),
    "orthochromatic": (0.0, 0.5, 0.5),
    "panchromatic": (1 / 3, 1 / 3, 1 / 3),
}
"""Weights of red, green and blue light: the first plates, film blind to red, film for all light."""

BLUR_SIGMAS = (0.3, 0.8)
"""Pixels: least and largest standard deviation of the blur."""

MAX_GAMMA = 1.5
"""The tone curve's exponent is between 1 / `MAX_GAMMA` and this."""

MAX_BEND = 0.8
"""Of the S in the tone curve; beyond 1 the curve would no longer rise everywhere."""

MAX_GRAIN = 0.05
"""Largest standard deviation of grain, that on middle gray."""

_GRAIN_SIGMA = 0.5
"""Pixels: width of the Gaussian through which a scanner sees the grain."""

MAX_FADING = 0.25
"""By how much black rises and white sinks at most, each."""

MAX_SLOPE, MAX_VIGNETTE = 0.2, 0.35
"""Largest changes of brightness from a picture's center to a side, and to its corners."""

FILM_SHARE = 0.7
"""Share of degraded pictures that were taken on one of `FILMS`."""

CLEAN_SHARE = 0.2
"""Share of training pictures left as they are, so that networks keep coloring clean ones."""


def film(rgb, randomness):
    """Grayscale somewhere between BT.601 luma and one of `FILMS`.

    Film responds to light, so that its mix is one of linear RGB, encoded afterward; luma is a mix
    of encoded values. Where red, green and blue are equal, both are the same.

    Args:
        rgb: float32 `[n, h, w, 3]` in 0..1, gamma-encoded.
        randomness: `Randomness`.

    Returns:
        float32 `[n, h, w, 1]` in 0..1.
    """
    weights = tf.gather(
        tf.constant(list(FILMS.values())), randomness.integers(tf.shape(rgb)[0], [1, 1], len(FILMS))
    )
    # The square is within 0.05 of sRGB's own curve, which would double the time of `degrade`.
    exposure = tf.reduce_sum(tf.square(rgb) * weights, axis=-1, keepdims=True)
    gray = luma(rgb)
    return gray + _each(rgb, randomness, 0.0, 1.0) * (tf.sqrt(exposure) - gray)


def blur(gray, randomness):
    """Gaussian blur of the lens and the print: `BLUR_SIGMAS`."""
    # Beyond 2.5 standard deviations a Gaussian has no weight that matters.
    radius = math.ceil(2.5 * BLUR_SIGMAS[1])
    padded = _repeat_edges(gray, radius)
    return _convolve(padded, _gaussian(_each(gray, randomness, *BLUR_SIGMAS), radius))


def tone_curve(gray, randomness):
    """Darkens or lightens, by a power, and bends to more contrast or less, by an S.

    The characteristic curve of film is an S that rises with exposure. Black and white stay.
    """
    gamma = MAX_GAMMA ** _each(gray, randomness, -1.0, 1.0)
    bend = _each(gray, randomness, -MAX_BEND, MAX_BEND)
    gray = tf.pow(gray, gamma)
    return gray + bend * (gray * gray * (3 - 2 * gray) - gray)


def grain(gray, randomness):
    """Adds noise, of clumps a little larger than a pixel.

    A spot of film is either covered by a grain or not: where grains cover a share p, the variance
    is proportional to p (1 - p), greatest at middle gray and none at black and white.
    """
    _, height, width, _ = tf.unstack(tf.shape(gray))
    radius = 1
    # Noise beyond the border as well, so that grain at the border is like any other.
    noise = randomness.normal(tf.shape(gray)[0], [height + 2 * radius, width + 2 * radius, 1])
    kernel = _gaussian(tf.fill([1, 1, 1, 1], _GRAIN_SIGMA), radius)
    # Filtering along both axes multiplies the deviation by this.
    kept = sum(weight * weight for weight in kernel)
    strength = _each(gray, randomness, 0.0, MAX_GRAIN)
    deviation = strength * 2 * tf.sqrt(gray * (1 - gray))
    return gray + deviation / kept * _convolve(noise, kernel)


def fading(gray, randomness):
    """Raises black and lowers white."""
    black = _each(gray, randomness, 0.0, MAX_FADING)
    white = 1 - _each(gray, randomness, 0.0, MAX_FADING)
    return black + (white - black) * gray


def unevenness(gray, randomness):
    """Brightens or darkens one side against the other, and the border against the center."""
    _, height, width, _ = tf.unstack(tf.shape(gray))
    y = _centered(height)[:, tf.newaxis, tf.newaxis]
    x = _centered(width)[:, tf.newaxis]
    light = (
        1
        + _each(gray, randomness, -MAX_SLOPE, MAX_SLOPE) * x
        + _each(gray, randomness, -MAX_SLOPE, MAX_SLOPE) * y
        + _each(gray, randomness, -MAX_VIGNETTE, MAX_VIGNETTE) * (x * x + y * y) / 2
    )
    return gray * light


EFFECTS = ((blur, 0.5), (tone_curve, 0.8), (grain, 0.7), (fading, 0.6), (unevenness, 0.4))
"""Each effect with the share of degraded pictures that it changes."""


def degrade(rgb, randomness, clean_share=CLEAN_SHARE):
    """Grayscale as scans of old photographs show these pictures.

    Args:
        rgb: float32 `[n, h, w, 3]` in 0..1, h and w at least 1.
        randomness: `Randomness`, from which the result follows.
        clean_share: Share of pictures, 0..1, whose grayscale is `luma`.

    Returns:
        float32 `[n, h, w, 1]` in 0..1.
    """
    clean = luma(rgb)
    gray = _some(FILM_SHARE, film(rgb, randomness), clean, randomness)
    for effect, share in EFFECTS:
        # Grain and uneven light leave 0..1, rounding errors do by 1e-7: paper ends there.
        gray = tf.clip_by_value(gray, 0.0, 1.0)
        gray = _some(share, effect(gray, randomness), gray, randomness)
    gray = tf.clip_by_value(gray, 0.0, 1.0)
    return _some(clean_share, clean, gray, randomness)


def _some(share, chosen, others, randomness):
    """Takes about `share` of the pictures from `chosen` and the rest from `others`."""
    return tf.where(_each(others, randomness, 0.0, 1.0) < share, chosen, others)


def _each(images, randomness, low, high):
    """One number in low..high for each picture: `[n, 1, 1, 1]`."""
    return randomness.uniform(tf.shape(images)[0], [1, 1, 1], low, high)


def _centered(size):
    """Where pixels are along a side, -1..1 from border to border, 0 for a single one: `[size]`."""
    return (2 * tf.range(tf.cast(size, tf.float32)) + 1) / tf.cast(size, tf.float32) - 1


def _repeat_edges(images, radius):
    """Repeats the border pixels, also of pictures smaller than the `radius`."""
    for axis in (1, 2):
        size = tf.shape(images)[axis]
        indices = tf.clip_by_value(tf.range(-radius, size + radius), 0, size - 1)
        images = tf.gather(images, indices, axis=axis)
    return images


def _gaussian(sigma, radius):
    """Weights that sum to 1 at -radius..radius, each of the shape of `sigma`."""
    weights = [tf.exp(-0.5 * tf.square(x / sigma)) for x in range(-radius, radius + 1)]
    total = tf.add_n(weights)
    return [weight / total for weight in weights]


def _convolve(images, kernel):
    """Filters along both axes; what is left is smaller by the kernel's radius on every side."""
    lost = len(kernel) - 1
    height, width = tf.shape(images)[1] - lost, tf.shape(images)[2] - lost
    images = tf.add_n([w * images[:, k : k + height] for k, w in enumerate(kernel)])
    return tf.add_n([w * images[:, :, k : k + width] for k, w in enumerate(kernel)])
