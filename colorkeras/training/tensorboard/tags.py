"""Names under which TensorBoard shows what it draws; the part before "/" groups the charts."""

from colorkeras.evaluation import column_title
from colorkeras.evaluation.metrics import VALIDATION_METRICS

LOSS = "loss"
PICTURES = "pictures"
GRADIENT_NORM = "steps/gradient norm"

STEPS = {
    "learning_rate": "steps/learning rate",
    "images_per_second": "steps/images per second",
    "minutes": "steps/minutes since the start",
    "gradient_norm": "steps/gradient norm, last step",
}
"""Tags by key of the logs at the end of an epoch."""


def quality(name):
    """The tag of a metric, a key of `METRICS`.

    Those that are not computed after each epoch, and so have no curve, stand in a group of their
    own, the last in the alphabet: TensorBoard opens the first two groups of charts, and shows the
    first five figures in its table of runs.

    >>> quality("psnr_pooled"), quality("ssim")
    ('quality/PSNR, pooled (dB)', 'test only/SSIM')
    """
    group = "quality" if name in VALIDATION_METRICS else "test only"
    return f"{group}/{column_title(name)}"


def weights(number, kernel):
    """The tag of a kernel's histogram: its place in the network, its layer's kind, its shape.

    Args:
        number: 1 for the first kernel of the network.
        kernel: `keras.Variable`.

    Returns:
        str, for example "weights/02 conv2d 3x3x32x32".
    """
    # Keras counts layers of all networks of a process; the same network keeps the same tags.
    layer = kernel.path.split("/")[-2].rstrip("0123456789").rstrip("_")
    return f"weights/{number:02} {layer} {'x'.join(map(str, kernel.shape))}"
