"""Models that come with colorkeras, by name."""

import difflib
import os
from pathlib import Path

from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted

BUNDLED_MODELS = {"unet": "unet/1", "unet_vivid": "unet_vivid/1"}
"""Folder under `saved_models/` of each bundled model, by name."""

PURPOSES = {
    "unet": "low color error; pale where unsure",
    "unet_vivid": "vivid colors; several variations",
}
"""What each of `BUNDLED_MODELS` is for, in a few words."""

DEFAULT_MODEL = "unet"
"""Model that colors photographs by default."""

_PACKAGE = Path(__file__).resolve().parent.parent

_PARENTS = (_PACKAGE / "saved_models", _PACKAGE.parent / "saved_models")
"""Where the models are in an installation, and in a clone."""


def resolve(model):
    """Return the folder of a model.

    Args:
        model: Key of `BUNDLED_MODELS`, or a path, in which `~` is expanded.

    Returns:
        `Path`, which may not exist if the model is not a bundled one.

    Raises:
        UserError: A bundled model is missing, or the name is a misspelled one.

    >>> resolve("some/folder").as_posix()
    'some/folder'
    """
    if model in BUNDLED_MODELS:
        return _bundled_folder(model)
    path = os.path.expanduser(model)  # noqa: PTH111 - pathlib's raises for unknown users.
    is_name = Path(path).name == str(model)
    if is_name and not os.path.exists(path):  # noqa: PTH110 - pathlib's raises for long names.
        for close in difflib.get_close_matches(str(model), BUNDLED_MODELS, n=1):
            raise UserError(
                f"the model {quoted(model)}, which does not exist",
                f"{', '.join(BUNDLED_MODELS)} or the folder of an export",
                f"Did you mean {close}?",
            )
    return Path(path)


def _bundled_folder(model):
    for parent in _PARENTS:
        if (parent / BUNDLED_MODELS[model]).is_dir():
            return parent / BUNDLED_MODELS[model]
    raise UserError(
        f"the bundled model {model!r}, which is in none of {', '.join(map(str, _PARENTS))}",
        "a complete installation of colorkeras",
        "Install colorkeras again, or pass the path of an export.",
    )


def is_bundled(path):
    """Return whether a folder is that of a bundled model.

    >>> is_bundled(resolve("unet")), is_bundled("some/folder")
    (True, False)
    """
    folders = [parent / folder for parent in _PARENTS for folder in BUNDLED_MODELS.values()]
    return Path(path).resolve() in folders
