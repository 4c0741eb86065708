"""Files beside the SavedModel in an export's folder, read without loading TensorFlow."""

import contextlib
import json
import re
from pathlib import Path

from colorkeras.config.training_config import PLAIN_NAME
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

METADATA_FILE = Path("assets.extra", "colorkeras.json")
"""Metadata, relative to an export's folder: what the model is and how it was trained."""

FORMAT_VERSION = 2
"""Version of the metadata's keys. colorkeras 0.1.0 wrote none."""

METRICS_FILE = Path("assets.extra", "metrics.json")
"""Metrics of a bundled model, written by `python tools/report.py`."""

CARD_FILE = "README.md"
"""Model card of an export."""

_REQUIRED = ("name", "architecture", "prediction", "num_parameters", "render_size", "dataset")


def read_metadata(path):
    """Read the metadata of an export without loading the model.

    Args:
        path: Folder of one version.

    Returns:
        Dict.

    Raises:
        UserError: The folder holds no export, or one of another version of colorkeras.

    >>> from colorkeras.export import bundled
    >>> read_metadata(bundled.resolve("unet"))["prediction"]
    'chroma'
    """
    path = Path(path)
    with explain_load_errors(path):
        metadata = _read(path / METADATA_FILE)
        _check_format(path, metadata)
        require_keys(path, metadata, _REQUIRED)
        if not re.fullmatch(PLAIN_NAME, metadata["name"], re.ASCII):
            raise ValueError(f"its name is {metadata['name']!r}")
    return metadata


def is_same_model(one, other):
    """Return whether two dicts of metadata describe one model, whichever commit exported it."""
    return {**one, "exported_again_by": None} == {**other, "exported_again_by": None}


def require_keys(path, metadata, keys):
    """Raise UserError if an export's metadata lacks one of the keys."""
    missing = [key for key in keys if key not in metadata]
    if missing:
        raise UserError(
            f"the model {quoted(path)}, which cannot be loaded: {METADATA_FILE.as_posix()} lacks "
            f"{', '.join(missing)}",
            f"metadata with {', '.join(keys)}",
            "Restore the file from a backup, or export the model again.",
        )


def _check_format(path, metadata):
    version = metadata.get("format_version")
    if version == FORMAT_VERSION:
        return
    if version is None:
        source = "which colorkeras 0.1.0 exported: its metadata has no format_version"
        fix = (
            "Rename its keys with migrate_json.py, in tools/ of the source code of colorkeras: "
            f"python migrate_json.py {quoted(path / METADATA_FILE)}. Or train the model again."
        )
    else:
        source = f"of format_version {version!r}"
        fix = "Install the version of colorkeras that exported it, or a later one."
    raise UserError(
        f"the model {quoted(path)}, {source}", f"metadata of format_version {FORMAT_VERSION}", fix
    )


def read_metrics(path):
    """Read the metrics that were measured for an export.

    Args:
        path: Folder of one version.

    Returns:
        Dict, see `results_page.card_metrics`.

    Raises:
        UserError: There are none.

    >>> from colorkeras.export import bundled
    >>> read_metrics(bundled.resolve("unet"))["metrics"]["psnr_pooled"]["unit"]
    'dB'
    """
    try:
        content = _read(Path(path, METRICS_FILE))
        if not {"dataset", "num_images", "references", "metrics"} <= set(content):
            raise ValueError("it is incomplete")
        return content
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"the model {quoted(path)}, without metrics ({one_line(error)})",
            f"{METRICS_FILE.as_posix()} in its folder",
            "Install colorkeras again. In a clone, run colorkeras evaluate --results results, then "
            "python tools/report.py.",
        ) from error


def read_card(path):
    """Return the model card of an export, Markdown.

    Args:
        path: Folder of one version.

    Raises:
        UserError: There is none.
    """
    with explain_load_errors(path):
        return Path(path, CARD_FILE).read_text(encoding="utf-8")


def num_bytes(path):
    """Return the total size in bytes of an export's files."""
    return sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file())


@contextlib.contextmanager
def explain_load_errors(path):
    """Raise UserError for any error that occurs while an export is read.

    Args:
        path: Folder of one version.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # TensorFlow's loader raises whatever its parsers raise.
        detail = one_line(error) if Path(path).is_dir() else "there is no such folder"
        raise UserError(
            f"the model {quoted(path)}, which cannot be loaded ({detail})",
            "the folder of an export, such as saved_models/unet/1, or the name of a bundled model",
            "Pass the numbered folder that training printed; exports of other programs lack "
            f"{METADATA_FILE.as_posix()}.",
        ) from error


def _read(path):
    """Read a JSON object; raise OSError or ValueError if that fails."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds no JSON object")
    return content
