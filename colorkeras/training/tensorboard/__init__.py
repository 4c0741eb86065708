"""Summaries for TensorBoard, in `<run folder>/tensorboard/`.

TensorBoard shows each of the three folders as a run: "train" is the network in training,
"validation" the EMA network on validation images, "test" the final metrics. A metric has the same
tag in all of them, so that they share a chart.
"""

from colorkeras.training.tensorboard.epochs import EpochSummaries
from colorkeras.training.tensorboard.hparams import write_comparison
from colorkeras.training.tensorboard.profile import Profile

__all__ = ["EpochSummaries", "Profile", "write_comparison"]
