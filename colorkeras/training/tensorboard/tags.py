"""Summary tags; TensorBoard groups charts by the part before "/"."""

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
"""Tags by key in the epoch logs."""


def quality(name):
    """Return the tag for a metric; `name` is a key in `METRICS`.

    Metrics that are not computed after each epoch have no curve. They are in a group whose name
    sorts last, because TensorBoard only expands the first two chart groups and only shows the first
    five metrics in its table of runs.

    >>> quality("psnr_pooled"), quality("ssim")
    ('quality/PSNR, pooled (dB)', 'test only/SSIM')
    """
    group = "quality" if name in VALIDATION_METRICS else "test only"
    return f"{group}/{column_title(name)}"


def weights(number, kernel):
    """Return the tag for a kernel, such as "weights/02 conv2d 3x3x32x32".

    The tag contains the kernel's index, layer type and shape.
    """
    # Keras layer names contain numbers that depend on other networks in the process.
    layer = kernel.path.split("/")[-2].rstrip("0123456789").rstrip("_")
    return f"weights/{number:02} {layer} {'x'.join(map(str, kernel.shape))}"
