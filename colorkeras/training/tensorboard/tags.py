"""Tags of the summaries; the part before "/" groups the charts."""

from colorkeras.evaluation import column_title
from colorkeras.evaluation.metrics import VALIDATION_METRICS

LOSS = "loss"
IMAGES = "images"
GRADIENT_NORM = "steps/gradient norm"

STEPS = {
    "learning_rate": "steps/learning rate",
    "images_per_second": "steps/images per second",
    "minutes": "steps/minutes since the start",
    "gradient_norm": "steps/gradient norm, last step",
}
"""Tags by key of an epoch's logs."""


def quality(name):
    """Return the tag of a metric, a key of `METRICS`.

    Metrics that are not computed after each epoch have no curve. Their group comes last in the
    alphabet, because TensorBoard opens the first two groups of charts and shows the first five
    metrics in its table of runs.

    >>> quality("psnr_pooled"), quality("ssim")
    ('quality/PSNR, pooled (dB)', 'test only/SSIM')
    """
    group = "quality" if name in VALIDATION_METRICS else "test only"
    return f"{group}/{column_title(name)}"


def weights(number, kernel):
    """Return the tag of a kernel's histogram: its number, the type of its layer, and its shape.

    Args:
        number: 1 for the first kernel of the network.
        kernel: `keras.Variable`.

    Returns:
        str, for example "weights/02 conv2d 3x3x32x32".
    """
    # Keras numbers the layers of all networks in a process; the tags must not depend on that.
    layer = kernel.path.split("/")[-2].rstrip("0123456789").rstrip("_")
    return f"weights/{number:02} {layer} {'x'.join(map(str, kernel.shape))}"
