"""Load models with LiteRT, which starts quickly, or with TensorFlow."""

import logging
from pathlib import Path

from colorkeras.export import bundled, checksums
from colorkeras.export.lite.lite_model import LiteFunctions, LiteModel
from colorkeras.export.metadata import read_metadata
from colorkeras.utils.errors import one_line

logger = logging.getLogger(__name__)


def load(path):
    """Load an export: bundled models with LiteRT if it is installed, others with TensorFlow.

    Logs a warning if a bundled model has to run on TensorFlow.

    Args:
        path: Path to the export, i.e. the folder of one version.

    Returns:
        `ColorModel`.

    Raises:
        UserError: The folder is not a colorkeras export or is damaged.

    >>> load(bundled.resolve("unet")).engine
    'LiteRT'
    """
    path = Path(path)
    if bundled.is_bundled(path):
        metadata = read_metadata(path)
        checksums.verify(path, required=True)
        try:
            return LiteModel(path, metadata, LiteFunctions(path))
        except (ImportError, OSError, ValueError, RuntimeError) as error:
            fix = " (pip install ai-edge-litert)" if isinstance(error, ImportError) else ""
            logger.warning(
                "%s runs on TensorFlow, which is slow to load, because LiteRT cannot run it: %s",
                metadata["name"],
                one_line(error) + fix,
            )
    from colorkeras.export import saved_model

    return saved_model.load(path)
