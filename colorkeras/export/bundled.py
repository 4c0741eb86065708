"""Models that are bundled with colorkeras."""

import os
from pathlib import Path

from colorkeras.utils.errors import UserError, did_you_mean
from colorkeras.utils.files import expand_home, quoted

BUNDLED_MODELS = {"photo": "photo/1", "unet": "unet/1", "unet_vivid": "unet_vivid/1"}
"""Map from each bundled model's name to its folder, relative to `saved_models/`."""

PURPOSES = {
    "photo": "photographs, with adjustable vividness, color hints and reference images",
    "unet": "low color error, but pale where colors are ambiguous",
    "unet_vivid": "vivid colors, with several variations per image",
}
"""Short descriptions of the bundled models, by name."""

DEFAULT_MODEL = "photo"
"""Default model for colorizing photographs."""

_PACKAGE = Path(__file__).resolve().parent.parent

_PARENTS = (_PACKAGE / "saved_models", _PACKAGE.parent / "saved_models")
"""Folders that contain the bundled models: in an installed package, and in a repository clone."""


def resolve(model):
    """Return the path to a model's folder.

    Args:
        model: Key in `BUNDLED_MODELS`, or a path to an export; `~` is expanded.

    Returns:
        `Path`. Only the paths to bundled models are guaranteed to exist.

    Raises:
        UserError: The bundled model is missing, or the name of a bundled model is misspelled.

    >>> resolve("some/folder").as_posix()
    'some/folder'
    """
    if model in BUNDLED_MODELS:
        return _bundled_folder(model)
    path = expand_home(model)
    is_name = Path(path).name == str(model)
    if is_name and not os.path.exists(path):  # noqa: PTH110 - pathlib raises for long names.
        suggestion = did_you_mean(model, BUNDLED_MODELS, None)
        if suggestion:
            raise UserError(
                f"the model {quoted(model)}, which does not exist",
                f"{', '.join(BUNDLED_MODELS)} or the path to an export",
                suggestion,
            )
    return Path(path)


def _bundled_folder(model):
    for parent in _PARENTS:
        if (parent / BUNDLED_MODELS[model]).is_dir():
            return parent / BUNDLED_MODELS[model]
    raise UserError(
        f"the bundled model {model!r}, which is not in {' or '.join(map(str, _PARENTS))}",
        "a complete installation of colorkeras",
        "Reinstall colorkeras or pass the path to an export.",
    )


def is_bundled(path):
    """Return whether a path points to a bundled model.

    >>> is_bundled(resolve("unet")), is_bundled("some/folder")
    (True, False)
    """
    folders = [parent / folder for parent in _PARENTS for folder in BUNDLED_MODELS.values()]
    return Path(path).resolve() in folders
