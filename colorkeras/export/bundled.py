"""The models that come with colorkeras, by name."""

from pathlib import Path

from colorkeras.utils.errors import UserError

BUNDLED_MODELS = {"unet": "unet/1", "unet_vivid": "unet_vivid/1"}
"""Name of each bundled model: its folder under `saved_models/`."""

PURPOSES = {
    "unet": "a small color error; pale where unsure",
    "unet_vivid": "living color; several versions",
}
"""What each of `BUNDLED_MODELS` is for, in a few words."""

DEFAULT_MODEL = "unet"
"""The one of `BUNDLED_MODELS` that colors photographs unless another is asked for."""

_PACKAGE = Path(__file__).resolve().parent.parent

_SAVED_MODELS = (_PACKAGE / "saved_models", _PACKAGE.parent / "saved_models")
"""Where they are in an installation, and in a clone."""


def resolve(model):
    """The folder of a model: a bare name means the bundled one, anything else is a path.

    Args:
        model: Key of `BUNDLED_MODELS`, or a path.

    Returns:
        `Path`; that of a model that is not bundled may not exist.

    Raises:
        UserError: A bundled model is not there.

    >>> resolve("some/folder").as_posix()
    'some/folder'
    """
    if model not in BUNDLED_MODELS:
        return Path(model)
    for parent in _SAVED_MODELS:
        if (parent / BUNDLED_MODELS[model]).is_dir():
            return parent / BUNDLED_MODELS[model]
    raise UserError(
        f"the bundled model {model!r}, which is in none of {', '.join(map(str, _SAVED_MODELS))}",
        "an installation that is whole",
        "Install colorkeras anew, or pass the path of an export.",
    )


def is_bundled(path):
    """Whether a folder is that of a bundled model.

    >>> is_bundled(resolve("unet")), is_bundled("some/folder")
    (True, False)
    """
    folders = [parent / folder for parent in _SAVED_MODELS for folder in BUNDLED_MODELS.values()]
    return Path(path).resolve() in folders
