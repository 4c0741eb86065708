"""TensorBoard summaries, written to `<run folder>/tensorboard/`.

TensorBoard shows each of the three subfolders as a run: "train" for the network being trained,
"validation" for the EMA network on validation images, and "test" for the final metrics. Each metric
uses the same tag in all subfolders, so that all its values appear in one chart.
"""

from colorkeras.training.tensorboard.epochs import EpochSummaries
from colorkeras.training.tensorboard.hparams import write_comparison
from colorkeras.training.tensorboard.profile import Profile

__all__ = ["EpochSummaries", "Profile", "write_comparison"]
