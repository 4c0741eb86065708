"""Resolution of the user's choice of architecture, prediction and objective."""

from colorkeras.models.architectures import ARCHITECTURES, DEFAULT_ARCHITECTURE
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.utils.errors import UserError, check_choice


def choose_architecture(name=None, prediction=None, objective=None):
    """Complete a partial choice of architecture, prediction and objective.

    The default architecture is preferred if it fits, then the order of `ARCHITECTURES`.

    Args:
        name: Key of `ARCHITECTURES`, or None for any.
        prediction: Key of `PREDICTIONS`, or None for any.
        objective: Key of `OBJECTIVES`, or None for any.

    Returns:
        `(name, prediction)`.

    Raises:
        UserError: An unknown name, or a combination that does not exist.

    Example:

    >>> choose_architecture("unet"), choose_architecture(objective="flow")
    (('unet', 'chroma'), ('flow_unet', 'velocity'))
    """
    chosen = {"architecture": name, "prediction": prediction, "objective": objective}
    chosen = {kind: value for kind, value in chosen.items() if value is not None}
    known = {
        "architecture": ARCHITECTURES,
        "prediction": PREDICTIONS,
        "objective": dict.fromkeys(entry.objective for entry in PREDICTIONS.values()),
    }
    for kind, value in chosen.items():
        check_choice(kind, value, known[kind])
    for candidate in [DEFAULT_ARCHITECTURE, *ARCHITECTURES] if name is None else [name]:
        for possible in ARCHITECTURES[candidate].predictions:
            possible_objective = PREDICTIONS[possible].objective
            if prediction in (None, possible) and objective in (None, possible_objective):
                return candidate, possible
    raise UserError(
        ", ".join(f"{kind} {value!r}" for kind, value in chosen.items()),
        "a supported combination: "
        + "; ".join(f"{name} with {_predictions_of(name)}" for name in ARCHITECTURES),
        "Omit one of them.",
    )


def _predictions_of(name):
    return " or ".join(
        f"{prediction} ({PREDICTIONS[prediction].objective})"
        for prediction in ARCHITECTURES[name].predictions
    )


def check_class_head(name):
    """Raise `UserError` if an architecture has no class head.

    Args:
        name: Key of `ARCHITECTURES`.
    """
    if not ARCHITECTURES[name].has_class_head:
        raise UserError(
            f"--aux-class-loss-weight for the architecture {name!r}, which has no class head",
            "one of " + ", ".join(n for n, a in ARCHITECTURES.items() if a.has_class_head),
            "Omit --aux-class-loss-weight, or choose one of these architectures.",
        )
