"""Read an export's metadata, metrics and model card without loading TensorFlow."""

import contextlib
import json
import re
from pathlib import Path

from colorkeras.config.training_config import PLAIN_NAME
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

METADATA_FILE = Path("assets.extra", "colorkeras.json")
"""Path to the metadata about the model and its training, relative to the export folder."""

FORMAT_VERSION = 2
"""Format version of the metadata; missing from exports written by colorkeras 0.1.0."""

METRICS_FILE = Path("assets.extra", "metrics.json")
"""Path to the metrics written by `python tools/report.py`, relative to the export folder."""

CARD_FILE = "README.md"
"""Path to the model card, relative to the export folder."""

_REQUIRED = ("name", "architecture", "prediction", "num_parameters", "render_size", "dataset")


def read_metadata(path):
    """Read the metadata of an export (the folder of one version) without loading the model.

    Raises:
        UserError: The folder is not an export or was written by an incompatible version.

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
            raise ValueError(f"its metadata contains the invalid name {metadata['name']!r}")
    return metadata


def is_same_model(one, other):
    """Return whether two metadata dicts describe the same model, ignoring the re-export commit."""
    return {**one, "exported_again_by": None} == {**other, "exported_again_by": None}


def require_keys(path, metadata, keys):
    """Raise UserError if any of the keys is missing from an export's metadata."""
    missing = [key for key in keys if key not in metadata]
    if missing:
        raise UserError(
            f"the model {quoted(path)}, which cannot be loaded: {METADATA_FILE.as_posix()} lacks "
            f"{', '.join(missing)}",
            f"metadata with {', '.join(keys)}",
            "Restore the file from a backup or export the model again.",
        )


def _check_format(path, metadata):
    version = metadata.get("format_version")
    if version == FORMAT_VERSION:
        return
    if version is None:
        source = "which was exported by colorkeras 0.1.0: its metadata has no format_version"
        fix = (
            "Rename its keys with tools/migrate_json.py from the colorkeras source code: "
            f"python migrate_json.py {quoted(path / METADATA_FILE)}. Alternatively, train the "
            "model again."
        )
    else:
        source = f"with format_version {version!r}"
        fix = "Install the version of colorkeras that exported the model, or a newer version."
    raise UserError(
        f"the model {quoted(path)}, {source}", f"metadata with format_version {FORMAT_VERSION}", fix
    )


def read_metrics(path):
    """Read an export's metrics; raise UserError if they are missing or incomplete.

    >>> from colorkeras.export import bundled
    >>> read_metrics(bundled.resolve("unet"))["metrics"]["psnr_pooled"]["unit"]
    'dB'
    """
    try:
        content = _read(Path(path, METRICS_FILE))
        if not {"dataset", "num_images", "references", "metrics"} <= set(content):
            raise ValueError("the file is incomplete")
        return content
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"the model {quoted(path)}, whose metrics cannot be read ({one_line(error)})",
            f"a model whose folder contains {METRICS_FILE.as_posix()}",
            "Reinstall colorkeras. In a clone, run colorkeras evaluate --results results, then "
            "python tools/report.py.",
        ) from error


def read_card(path):
    """Return an export's model card as Markdown; raise UserError if the card is missing."""
    with explain_load_errors(path):
        return Path(path, CARD_FILE).read_text(encoding="utf-8")


def num_bytes(path):
    """Return the total size in bytes of an export's files."""
    return sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file())


@contextlib.contextmanager
def explain_load_errors(path):
    """Convert any exception raised while reading an export to a UserError."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # TensorFlow's loader may raise anything.
        detail = one_line(error) if Path(path).is_dir() else "there is no such folder"
        raise UserError(
            f"the model {quoted(path)}, which cannot be loaded ({detail})",
            "the path to an export, such as saved_models/unet/1, or the name of a bundled model",
            "Pass the versioned export folder whose path was printed at the end of training. "
            f"Models from other software, which have no {METADATA_FILE.name}, are not supported.",
        ) from error


def _read(path):
    """Read a JSON object; raise OSError or ValueError on failure."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} does not contain a JSON object")
    return content
