"""Measures of a colored picture against its ground truth, one definition each.

Training and evaluation share them. All see 8-bit rounded RGB: float32 `[n, h, w, 3]` with whole
values in 0..255. Each maps a batch to one number per picture, `[n]`, or to several, `[n, k]`; the
figure of a data set is `finish` of the mean of those numbers over all pictures, so that it does not
depend on batches or their order. Add a metric by adding one entry to `METRICS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf

from colorkeras.color import ciede2000, luma, rgb_to_chroma, rgb_to_lab, to_uint8
from colorkeras.gradients import neighbor_differences

PSNR_CAP = 60.0
"""dB. A picture that is reproduced exactly has infinite PSNR; the cap keeps means finite."""


@dataclass(frozen=True)
class Metric:
    """A measure of pictures.

    Attributes:
        title: Short name for tables.
        unit: Unit of the figure, "" for a pure number.
        per_image: Maps truth and output, float32 `[n, h, w, 3]` in 0..255, to float32 `[n]`, or
            to `[n, num_values]`.
        higher_is_better: Direction; None where closeness to the truth's own value counts.
        description: One sentence for documentation.
        finish: Maps the mean over all pictures, `[]` or `[num_values]`, to the figure.
        num_values: Numbers per picture, where the figure needs more than one.
        decimals: Digits behind the point in tables.
    """

    title: str
    unit: str
    per_image: Callable
    higher_is_better: bool | None
    description: str
    finish: Callable = tf.identity
    num_values: int | None = None
    decimals: int = 2


def _image_mean(values):
    """Mean over everything but the batch: `[n, ...]` to `[n]`."""
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))


def _squared_error(truth, output):
    return _image_mean(tf.math.squared_difference(truth, output))


def _psnr(mean_squared_error):
    """PSNR in dB for a peak of 255, at most `PSNR_CAP`."""
    ratio = 255.0**2 / tf.maximum(mean_squared_error, 1e-9)
    return tf.minimum(10.0 * tf.math.log(ratio) / tf.math.log(10.0), PSNR_CAP)


def _mean_psnr(truth, output):
    return _psnr(_squared_error(truth, output))


def _ssim(truth, output):
    return tf.image.ssim(truth, output, max_val=255.0)


def _absolute_error(truth, output):
    return _image_mean(tf.abs(truth - output))


def _lab(rgb):
    return rgb_to_lab(rgb / 255.0)


def _ab_squared_error(truth, output):
    difference = _lab(truth)[..., 1:] - _lab(output)[..., 1:]
    return _image_mean(tf.reduce_sum(tf.square(difference), axis=-1))


def _ciede2000(truth, output):
    return _image_mean(ciede2000(_lab(truth), _lab(output)))


def colorfulness(rgb):
    """Colorfulness of each picture, from signed opponent colors.

    Args:
        rgb: float32 `[n, h, w, 3]` in 0..255.

    Returns:
        float32 `[n]`, 0 for gray; about 15 is slightly, 45 quite, 82 highly colorful.

    Reference: Hasler and Suesstrunk, "Measuring colourfulness in natural images", SPIE 5007, 2003.
    """
    red, green, blue = tf.unstack(rgb, axis=-1)
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    means, variances = tf.nn.moments(tf.stack([red_green, yellow_blue], axis=-1), axes=[1, 2])
    deviation = tf.sqrt(tf.reduce_sum(variances, axis=-1))
    distance = tf.sqrt(tf.reduce_sum(tf.square(means), axis=-1))
    return deviation + 0.3 * distance


def _chroma_variations(truth, output):
    """Total variation of the chroma of truth and output, a mean over pixels: `[n, 2]`."""
    return tf.stack([_total_variation(rgb_to_chroma(rgb)) for rgb in (truth, output)], axis=-1)


def _total_variation(images):
    return sum(
        tf.reduce_sum(tf.abs(steps), axis=[1, 2, 3]) for steps in neighbor_differences(images)
    ) / tf.cast(tf.size(images[0]), tf.float32)


def _ratio(means):
    truth, output = tf.unstack(means)
    return tf.math.divide_no_nan(output, truth)


def _luma_gradient_moments(truth, output):
    """Means of x, y, x^2, y^2 and x y, x and y the luma gradients of truth and output: `[n, 5]`."""
    x, y = (
        tf.concat(
            [tf.reshape(s, [tf.shape(s)[0], -1]) for s in neighbor_differences(luma(rgb))], axis=1
        )
        for rgb in (truth, output)
    )
    return tf.stack([tf.reduce_mean(v, axis=1) for v in (x, y, x * x, y * y, x * y)], axis=-1)


def _correlation(means):
    x, y, xx, yy, xy = tf.unstack(means)
    return tf.math.divide_no_nan(xy - x * y, tf.sqrt((xx - x * x) * (yy - y * y)))


METRICS = {
    "psnr_pooled": Metric(
        "PSNR, pooled",
        "dB",
        _squared_error,
        True,
        "PSNR of the squared error pooled over all pictures, RGB, capped at 60 dB.",
        finish=_psnr,
    ),
    "psnr_mean": Metric(
        "PSNR, mean",
        "dB",
        _mean_psnr,
        True,
        "Mean of the pictures' PSNR, RGB, each capped at 60 dB.",
    ),
    "ssim": Metric(
        "SSIM",
        "",
        _ssim,
        True,
        "Structural similarity (Wang et al. 2004), Gaussian window of 11 pixels, mean over RGB.",
        decimals=3,
    ),
    "mae": Metric(
        "MAE", "/255", _absolute_error, False, "Mean absolute error of RGB in 8-bit levels."
    ),
    "ab_rmse": Metric(
        "a*b* RMSE",
        "",
        _ab_squared_error,
        False,
        "Root of the mean squared distance in the a*b* plane of CIE L*a*b*.",
        finish=tf.sqrt,
    ),
    "ciede2000": Metric(
        "CIEDE2000", "", _ciede2000, False, "Mean CIEDE2000 color difference (Sharma et al. 2005)."
    ),
    "colorfulness": Metric(
        "Colorfulness",
        "",
        lambda truth, output: colorfulness(output),
        None,
        "Hasler and Suesstrunk 2003, signed, per picture, then mean. Compare with the truth's.",
    ),
    "chroma_variation": Metric(
        "Chroma variation",
        "",
        _chroma_variations,
        None,
        "Total variation of BT.601 chroma over that of the truth, each summed over all pictures.",
        finish=_ratio,
        num_values=2,
    ),
    "luma_gradients": Metric(
        "Luma gradients",
        "",
        _luma_gradient_moments,
        True,
        "Correlation of the luma steps between neighboring pixels with the truth's, all pictures.",
        finish=_correlation,
        num_values=5,
        decimals=3,
    ),
}
"""Every metric by the name used in histories, JSON files and tables."""

VALIDATION_METRICS = ("psnr_pooled", "ciede2000", "colorfulness")
"""Keys of `METRICS` that training computes on the validation part after each epoch."""

MIN_SSIM_SIZE = 11
"""Pixels: the side of the SSIM window, below which a picture has no SSIM."""


def metrics_for(image_size: int) -> dict[str, Metric]:
    """The metrics that are defined for pictures whose shorter side is `image_size` pixels."""
    names = [name for name in METRICS if name != "ssim" or image_size >= MIN_SSIM_SIZE]
    return {name: METRICS[name] for name in names}


def rounded(rgb):
    """RGB in 0..1 as the metrics see it: float32, whole values in 0..255."""
    return tf.cast(to_uint8(rgb), tf.float32)


class MeanOverImages(keras.metrics.Metric):
    """Keras metric that accumulates a `Metric` over batches.

    Args:
        metric: The definition.
        name: Name in Keras' logs.
    """

    def __init__(self, metric: Metric, name: str):
        super().__init__(name=name)
        self.metric = metric
        shape = () if metric.num_values is None else (metric.num_values,)
        self.total = self.add_weight(
            shape=shape, initializer="zeros", name="total", dtype="float32"
        )
        self.count = self.add_weight(shape=(), initializer="zeros", name="count", dtype="float32")

    def update_state(self, truth, output, sample_weight=None):
        """Adds a batch: float32 `[n, h, w, 3]` each, whole values in 0..255."""
        values = self.metric.per_image(truth, output)
        self.total.assign_add(tf.reduce_sum(values, axis=0))
        self.count.assign_add(tf.cast(tf.shape(values)[0], tf.float32))

    def result(self):
        """The figure of all pictures so far: float32 scalar."""
        return self.metric.finish(tf.math.divide_no_nan(self.total, self.count))
