"""Simulate scans of old photographs.

`degrade` applies random effects in their physical order: film, lens, development, grain and aging.
Each effect takes grayscale images, float32 `[batch, height, width, 1]` in `[0, 1]`, and a
`Randomness` object, and returns grayscale images. The strength of the effect is chosen randomly for
each image. Blur and grain sizes are in pixels and do not depend on the image size.

References:
    Film sensitivities and a simpler model: Luo, Zhang, Yoo, Martin-Brualla, Lawrence, Seitz,
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
"""Sensitivity to red, green and blue light: early plates, red-insensitive film, modern film."""

BLUR_SIGMAS = (0.3, 0.8)
"""Minimum and maximum standard deviation of the blur in pixels."""

MAX_GAMMA = 1.5
"""Maximum exponent of the tone curve; the minimum is its reciprocal."""

MAX_BEND = 0.8
"""Maximum strength of the tone curve's S shape; above 1, the curve would not be monotonic."""

MAX_GRAIN = 0.05
"""Maximum standard deviation of the grain, which occurs at middle gray."""

_GRAIN_SIGMA = 0.5  # Standard deviation of the scanner's point spread function in pixels.

MAX_FADING = 0.25
"""Maximum amount by which the black level rises and the white level falls."""

MAX_SLOPE, MAX_VIGNETTE = 0.2, 0.35
"""Maximum relative changes in brightness, from the center to an edge and to a corner."""

FILM_SHARE = 0.7
"""Fraction of degraded images that simulate a film from `FILMS`."""

CLEAN_SHARE = 0.2
"""Fraction of training images left undegraded, so that networks also learn from clean inputs."""


def film(rgb, randomness):
    """Interpolate between BT.601 luma and the response of a film from `FILMS`.

    Film averages linear RGB, while luma averages gamma-encoded RGB; the two agree for gray. Maps
    float32 `[batch, height, width, 3]` in `[0, 1]` to `[batch, height, width, 1]`.
    """
    weights = tf.gather(
        tf.constant(list(FILMS.values())), randomness.integers(tf.shape(rgb)[0], [1, 1], len(FILMS))
    )
    # Squaring is within 0.05 of the sRGB curve; computing the exact curve would take twice as long.
    exposure = tf.reduce_sum(tf.square(rgb) * weights, axis=-1, keepdims=True)
    gray = luma(rgb)
    return gray + _each(rgb, randomness, 0.0, 1.0) * (tf.sqrt(exposure) - gray)


def blur(gray, randomness):
    """Apply Gaussian blur to simulate the lens and the print."""
    # Weights beyond 2.5 standard deviations are negligible.
    radius = math.ceil(2.5 * BLUR_SIGMAS[1])
    padded = _repeat_edges(gray, radius)
    return _convolve(padded, _gaussian(_each(gray, randomness, *BLUR_SIGMAS), radius))


def tone_curve(gray, randomness):
    """Change brightness with a power function and contrast with an S-shaped curve.

    Like the characteristic curve of film, the result is S-shaped and increasing. Black and white do
    not change.
    """
    gamma = MAX_GAMMA ** _each(gray, randomness, -1.0, 1.0)
    bend = _each(gray, randomness, -MAX_BEND, MAX_BEND)
    gray = tf.pow(gray, gamma)
    return gray + bend * (gray * gray * (3 - 2 * gray) - gray)


def grain(gray, randomness):
    """Add noise with a correlation length of about one pixel.

    Each point on the film is either covered by a grain or not. If a fraction p is covered, the
    variance is proportional to p (1 - p): maximal at middle gray and zero at black and white.
    """
    _, height, width, _ = tf.unstack(tf.shape(gray))
    radius = 1
    # The noise extends beyond the border so that the grain looks the same near the border.
    noise = randomness.normal(tf.shape(gray)[0], [height + 2 * radius, width + 2 * radius, 1])
    kernel = _gaussian(tf.fill([1, 1, 1, 1], _GRAIN_SIGMA), radius)
    # Factor by which filtering along both axes reduces the standard deviation.
    kept = sum(weight * weight for weight in kernel)
    strength = _each(gray, randomness, 0.0, MAX_GRAIN)
    deviation = strength * 2 * tf.sqrt(gray * (1 - gray))
    return gray + deviation / kept * _convolve(noise, kernel)


def fading(gray, randomness):
    """Raise the black level and lower the white level."""
    black = _each(gray, randomness, 0.0, MAX_FADING)
    white = 1 - _each(gray, randomness, 0.0, MAX_FADING)
    return black + (white - black) * gray


def unevenness(gray, randomness):
    """Apply a brightness gradient and vignetting."""
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
"""Pairs of an effect and the fraction of degraded images to which it is applied."""


def degrade(rgb, randomness, clean_share=CLEAN_SHARE):
    """Convert RGB images to grayscale images that look like scans of old photographs.

    Maps float32 `[batch, height, width, 3]` in `[0, 1]` to `[batch, height, width, 1]`. An image is
    left undegraded with probability `clean_share`.
    """
    clean = luma(rgb)
    gray = _some(FILM_SHARE, film(rgb, randomness), clean, randomness)
    for effect, share in EFFECTS:
        # Grain, unevenness and rounding errors can exceed `[0, 1]`.
        gray = tf.clip_by_value(gray, 0.0, 1.0)
        gray = _some(share, effect(gray, randomness), gray, randomness)
    gray = tf.clip_by_value(gray, 0.0, 1.0)
    return _some(clean_share, clean, gray, randomness)


def _some(share, chosen, others, randomness):
    """Take each image from `chosen` with probability `share`, otherwise from `others`."""
    return tf.where(_each(others, randomness, 0.0, 1.0) < share, chosen, others)


def _each(images, randomness, low, high):
    """Draw one number in `[low, high)` per image: `[batch, 1, 1, 1]`."""
    return randomness.uniform(tf.shape(images)[0], [1, 1, 1], low, high)


def _centered(size):
    """Return pixel center coordinates, `[size]`, scaled so that the borders are at -1 and 1."""
    return (2 * tf.range(tf.cast(size, tf.float32)) + 1) / tf.cast(size, tf.float32) - 1


def _repeat_edges(images, radius):
    """Pad by repeating border pixels; also works for images smaller than `radius`."""
    for axis in (1, 2):
        size = tf.shape(images)[axis]
        indices = tf.clip_by_value(tf.range(-radius, size + radius), 0, size - 1)
        images = tf.gather(images, indices, axis=axis)
    return images


def _gaussian(sigma, radius):
    """Return weights at -radius, ..., radius that sum to 1, each with the shape of `sigma`."""
    weights = [tf.exp(-0.5 * tf.square(x / sigma)) for x in range(-radius, radius + 1)]
    total = tf.add_n(weights)
    return [weight / total for weight in weights]


def _convolve(images, kernel):
    """Convolve along both axes without padding."""
    lost = len(kernel) - 1
    height, width = tf.shape(images)[1] - lost, tf.shape(images)[2] - lost
    images = tf.add_n([w * images[:, k : k + height] for k, w in enumerate(kernel)])
    return tf.add_n([w * images[:, :, k : k + width] for k, w in enumerate(kernel)])
