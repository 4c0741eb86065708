"""LiteRT models without weights, which are read from the SavedModel instead.

LiteRT models contain the same weights as the SavedModel, in a different order. To avoid storing the
weights twice, `LITE_FILE` is a zip archive of LiteRT models in which the weights are set to zero,
along with a description of where each weight is stored. Filling in the weights is fast, so complete
models are not cached.
"""

import hashlib
import json
import zipfile
import zlib
from pathlib import Path

import numpy as np

from colorkeras.export.checksums import CHECKSUMS_FILE
from colorkeras.utils.files import atomic_write

LITE_FILE = Path("assets.extra", "litert.zip")
"""Path to the archive, relative to an export's folder."""

VARIABLES_FILE = Path("variables", "variables.data-00000-of-00001")
"""Path to the SavedModel's variable values, relative to an export's folder."""

FORMAT_VERSION = 2
"""Format version of the description."""

_DESCRIPTION = "description.json"

_TIME = (1980, 1, 1, 0, 0, 0)  # Makes archives reproducible.


def write(folder, signature, functions):
    """Write `LITE_FILE` to an export's folder.

    Args:
        folder: Folder of the export.
        signature: Dict of model properties needed to call the functions.
        functions: Dict from name to `(content, weights)`. `content` is a complete LiteRT model
            as bytes. `weights` is a list of dicts, one for each weight to omit from it:
            "target" is the byte offset of the weight in `content`. "function" is the name of an
            earlier function whose LiteRT model also contains the weight, or None to read the weight
            from `VARIABLES_FILE`. "source" is the byte offset of the weight in that model or file,
            "dtype" its type there, and "shape" its shape there. "axes" is the permutation that
            transposes the stored weight to the axis order in `content`.
    """
    description = {
        "format_version": FORMAT_VERSION,
        "export": _digest_of_export(folder),
        "signature": signature,
        "functions": {},
    }
    with atomic_write(Path(folder, LITE_FILE)) as path, zipfile.ZipFile(path, "w") as archive:
        for name, (content, weights) in functions.items():
            digest = hashlib.sha256(content).hexdigest()
            description["functions"][name] = {"sha256": digest, "weights": weights}
            skeleton = bytearray(content)
            for weight in weights:
                _fill(skeleton, weight, bytes(4 * int(np.prod(weight["shape"]))))
            _add(archive, f"{name}.tflite", skeleton)
        _add(archive, _DESCRIPTION, json.dumps(description).encode())


def read_description(folder):
    """Read the description in an export's `LITE_FILE`.

    Returns:
        Dict with "signature", as passed to `write`, and "functions", a dict from function name to a
        dict with "weights", as passed to `write`, and "sha256", the digest of the complete model.

    Raises:
        FileNotFoundError: The export has no `LITE_FILE`.
        ValueError: The file is damaged, has another format version or belongs to another export.
    """
    description = json.loads(_read(folder, _DESCRIPTION))
    expected = {"format_version", "export", "signature", "functions"}
    if not isinstance(description, dict) or not expected <= description.keys():
        raise ValueError(f"{LITE_FILE.as_posix()} has an incomplete {_DESCRIPTION}")
    if description["format_version"] != FORMAT_VERSION:
        raise ValueError(
            f"{LITE_FILE.as_posix()} has format_version {description['format_version']!r}"
        )
    if description["export"] != _digest_of_export(folder):
        raise ValueError(f"{LITE_FILE.as_posix()} was written for another export")
    return description


def read_function(folder, description, name):
    """Assemble a complete LiteRT model.

    Args:
        folder: Folder of the export.
        description: Result of `read_description`.
        name: Name of the function: a key in `description["functions"]`.

    Returns:
        Bytes of the LiteRT model.

    Raises:
        ValueError: The file is damaged or does not match the SavedModel.
    """
    function = description["functions"][name]
    content = bytearray(_read(folder, f"{name}.tflite"))
    sources = {None: Path(folder, VARIABLES_FILE).read_bytes()}
    for weight in function["weights"]:
        source = weight["function"]
        if source not in sources:
            sources[source] = _read(folder, f"{source}.tflite")
        _fill(content, weight, _weight(sources[source], weight))
    if hashlib.sha256(content).hexdigest() != function["sha256"]:
        raise ValueError(f"{LITE_FILE.as_posix()} does not match the weights of the SavedModel")
    return bytes(content)


def _digest_of_export(folder):
    return hashlib.sha256(Path(folder, CHECKSUMS_FILE).read_bytes()).hexdigest()


def _add(archive, name, data):
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, bytes(data), compresslevel=9)


def _read(folder, name):
    try:
        with zipfile.ZipFile(Path(folder, LITE_FILE)) as archive:
            return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        raise ValueError(f"{LITE_FILE.as_posix()} is damaged ({error})") from error


def _fill(content, weight, data):
    content[weight["target"] : weight["target"] + len(data)] = data


def _weight(values, weight):
    """Read a weight from `values` and return it as the bytes of a float32 array."""
    shape, dtype = weight["shape"], np.dtype(weight["dtype"])
    value = np.frombuffer(values, dtype, int(np.prod(shape)), weight["source"]).reshape(shape)
    return value.transpose(weight["axes"]).astype(np.float32).tobytes()
