"""The models that come with colorkeras, by name."""

from pathlib import Path

from colorkeras.errors import UserError

SHIPPED = {"unet": "unet/1", "unet_vivid": "unet_vivid/1"}
"""Name of each shipped model: its folder under `saved_models/`."""

_SAVED_MODELS = Path(__file__).resolve().parent.parent / "saved_models"


def resolve(model):
    """The folder of a model: a bare name means the shipped one, anything else is a path.

    Args:
        model: Key of `SHIPPED`, or a path.

    Returns:
        `Path`; that of a model that is not shipped may not exist.

    Raises:
        UserError: A shipped model is asked for outside a clone of the repository.

    >>> resolve("some/folder").as_posix()
    'some/folder'
    """
    if model not in SHIPPED:
        return Path(model)
    folder = _SAVED_MODELS / SHIPPED[model]
    if not folder.is_dir():
        raise UserError(
            f"the shipped model {model!r}, which is not at {folder}",
            "an installation from a clone (pip install -e .), which holds the shipped models",
            "Install from a clone, or pass the path of an export.",
        )
    return folder
