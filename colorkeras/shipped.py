"""The models that come with colorkeras, by name."""

from pathlib import Path

SHIPPED = {"unet": "unet/1"}
"""Name of each shipped model: its folder under `saved_models/`."""

_SAVED_MODELS = Path(__file__).resolve().parent.parent / "saved_models"


def resolve(model):
    """The folder of a model: a bare name means the shipped one, anything else is a path.

    Args:
        model: Key of `SHIPPED`, or a path.

    Returns:
        `Path`, which may not exist.

    >>> resolve("some/folder").as_posix()
    'some/folder'
    """
    return _SAVED_MODELS / SHIPPED[model] if model in SHIPPED else Path(model)
