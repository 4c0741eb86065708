"""What a run leaves for TensorBoard, in `<run folder>/tensorboard/`.

Three folders, each of which TensorBoard calls a run: "train" shows the network that learns,
"validation" the average network on validation pictures, "test" the final figures. A quantity has
one tag in all of them, so that one chart compares them.
"""

from colorkeras.training.tensorboard.comparison import write_comparison
from colorkeras.training.tensorboard.epochs import EpochSummaries
from colorkeras.training.tensorboard.profile import Profile

__all__ = ["EpochSummaries", "Profile", "write_comparison"]
