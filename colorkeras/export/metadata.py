"""What lies in the folder of an export beside the SavedModel, read without loading TensorFlow."""

import contextlib
import json
import re
from pathlib import Path

from colorkeras.config.training_config import PLAIN_NAME
from colorkeras.utils.errors import UserError, one_line

METADATA_FILE = Path("assets.extra", "colorkeras.json")
"""Where an export, relative to its folder, says what it is and how it was made."""

FORMAT_VERSION = 2
"""Version of the keys in an export's metadata; 0.1 wrote none."""

METRICS_FILE = Path("assets.extra", "metrics.json")
"""Where a bundled model tells its figures, which `python tools/report.py` writes there."""

README_FILE = "README.md"
"""The model card, in the folder of an export."""


def read_metadata(path):
    """What an export says it is, without loading the model.

    Args:
        path: Folder of one version.

    Returns:
        Dict.

    Raises:
        UserError: There is none, or it was not written by colorkeras.

    >>> from colorkeras.export import bundled
    >>> read_metadata(bundled.resolve("unet"))["prediction"]
    'chroma'
    """
    path = Path(path)
    with explain_load_errors(path):
        metadata = _read(
            path,
            METADATA_FILE,
            {"format_version", "name", "architecture", "prediction", "num_parameters"},
        )
        if not re.fullmatch(PLAIN_NAME, metadata["name"], re.ASCII):
            raise ValueError(f"its name is {metadata['name']!r}")
    return metadata


def read_metrics(path):
    """How good an export is, as far as that was measured and written to it.

    Args:
        path: Folder of one version.

    Returns:
        Dict, see `results_page.card_figures`.

    Raises:
        UserError: There are none.

    >>> from colorkeras.export import bundled
    >>> read_metrics(bundled.resolve("unet"))["metrics"]["psnr_pooled"]["unit"]
    'dB'
    """
    path = Path(path)
    try:
        return _read(path, METRICS_FILE, {"dataset", "num_images", "references", "metrics"})
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"the model {str(path)!r}, without figures ({one_line(error)})",
            f"{METRICS_FILE.as_posix()} in its folder",
            "Install colorkeras anew; in a clone, colorkeras evaluate --results results and "
            "python tools/report.py measure the model and write them.",
        ) from error


def read_card(path):
    """The model card of an export: str, Markdown.

    Args:
        path: Folder of one version.

    Raises:
        UserError: There is none.
    """
    path = Path(path)
    with explain_load_errors(path):
        return (path / README_FILE).read_text(encoding="utf-8")


def num_bytes(path):
    """Bytes of all files of an export together.

    Args:
        path: Folder of one version.
    """
    return sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file())


@contextlib.contextmanager
def explain_load_errors(path):
    """Turns whatever goes wrong while an export is read into a UserError.

    Args:
        path: Folder of one version.
    """
    try:
        yield
    except Exception as error:  # TensorFlow's loader raises what its parsers stumble over.
        detail = one_line(error) if Path(path).is_dir() else "there is no such folder"
        raise UserError(
            f"the model {str(path)!r}, which cannot be loaded ({detail})",
            "the folder of an export, such as saved_models/unet/1, or the name of a bundled model",
            "Pass the numbered folder that training printed; exports of other programs lack "
            f"{METADATA_FILE.as_posix()}.",
        ) from error


def _read(path, file, required):
    """A dict of JSON; raises what goes wrong."""
    content = json.loads((path / file).read_text(encoding="utf-8"))
    if not required <= set(content):
        raise ValueError(f"{file.as_posix()} is incomplete")
    return content
