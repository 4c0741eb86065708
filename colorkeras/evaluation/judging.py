"""What the judges say of models: the third group of figures, for which networks are trained."""

import hashlib
import json
from pathlib import Path

import numpy as np

from colorkeras.evaluation import learned_metrics
from colorkeras.evaluation.conditions import REFERENCES as CONDITIONS
from colorkeras.evaluation.measure import grayscale_baseline, paint, recolor
from colorkeras.evaluation.pictures import all_pictures
from colorkeras.evaluation.tables import table_lines
from colorkeras.utils.errors import one_line
from colorkeras.utils.files import write_json
from colorkeras.utils.text_table import format_table

REFERENCES = {
    "grayscale_baseline": CONDITIONS["grayscale_baseline"],
    "mean_chroma": CONDITIONS["mean_chroma"],
    "mirrored": "true pictures mirrored",
    "truth": CONDITIONS["truth"],
    "half_chroma": "true chroma at half resolution",
}
"""What is judged beside models: keys of what `judge_references` returns, titles of rows.

What models are shown, as it is and with the training part's mean chroma everywhere; the true
pictures mirrored, which the network should not tell from real ones (near 50 %); the true pictures,
with the classifier's figures alone; and the true pictures with chroma at half resolution, the best
that a model of such chroma can do.
"""


def judge_colorizer(name, color, conditions, file=None, say=print):
    """Judges what a model makes of the pictures of `Conditions`.

    Args:
        name: By which the model is known in `file`.
        color: Function of grayscale and seeds, as for `evaluate`.
        conditions: What `prepare` returned.
        file: Path of a JSON file of what was judged before, or None. What is there of the same
            pictures and judges is not judged again; what is not is added, figure by figure.
        say: Function of one line of text.

    Returns:
        What `judge.judge` returns.

    Raises:
        UserError: The pictures cannot be judged.
    """
    recolored = recolor(color, conditions.source, conditions.degradation)
    return _judge(name, name, all_pictures(conditions.source), recolored, conditions, file, say)


def judge_references(conditions, file=None, keep=lambda judged: None, say=print):
    """Judges what the figures of models are read against.

    Args:
        conditions: What `prepare` returned.
        file: As for `judge_colorizer`.
        keep: Function of what there is of the result, called whenever there is more.
        say: Function of one line of text.

    Returns:
        Dict of what `judge.judge` returns, by key of `REFERENCES`.
    """
    truth = all_pictures(conditions.source)
    judged = {}
    for name, title in REFERENCES.items():
        recolored = _reference(name, conditions, truth)
        # Of a picture beside itself nothing can be learned: there is nothing to train for.
        sizes = () if name == "truth" else learned_metrics.SIZES
        judged[name] = _judge(name, title, truth, recolored, conditions, file, say, sizes)
        keep(judged)
    return judged


def _judge(name, title, truth, recolored, conditions, file, say, sizes=learned_metrics.SIZES):
    """Judges pictures as far as the file of what was judged before does not know of them."""
    labels = getattr(conditions.source, "labels", None)
    fingerprint = _fingerprint(truth, recolored, labels)
    entries = {} if file is None else _read(file, say)
    begun = entries.get(name, {})
    begun = begun["judged"] if begun.get("fingerprint") == fingerprint else None
    known = set(begun["metrics"]) if begun else None

    def keep(judged):
        entries[name] = {"fingerprint": fingerprint, "judged": judged}
        if file is not None:
            write_json(file, entries)

    say(f"Judging {title}")
    judged = learned_metrics.judge(
        truth, labels, recolored, sizes=sizes, begun=begun, keep=keep, say=say
    )
    if known == set(judged["metrics"]):
        say(f"*** Not judged again: known from {file}")
    else:
        keep(judged)
    return judged


def _reference(name, conditions, truth):
    """The recolored pictures of a reference."""
    if name == "mirrored":
        return truth[:, :, ::-1]
    if name == "half_chroma":
        return learned_metrics.half_chroma(truth)
    if name == "truth":
        return truth
    color = (
        grayscale_baseline if name == "grayscale_baseline" else paint(conditions.colors.mean_chroma)
    )
    return recolor(color, conditions.source, conditions.degradation)


def _fingerprint(truth, recolored, labels):
    """What the figures of a reference depend on, as hexadecimal digits."""
    digest = hashlib.sha256(json.dumps(learned_metrics.protocol(), sort_keys=True).encode())
    for part in (truth, recolored, () if labels is None else labels):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _read(file, say):
    """Entries by name, each with "fingerprint" and "judged"; none of a file that is damaged."""
    try:
        entries = json.loads(Path(file).read_text(encoding="utf-8"))
        return {name: entry for name, entry in entries.items() if "judged" in entry}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        say(f"*** {file} cannot be read and will be replaced: {one_line(error)}")
        return {}


def judged_table(models, references):
    """What judges said as text, models above references.

    Args:
        models: Dict of what `judge_colorizer` returned, by row title.
        references: What `judge_references` returned.
    """
    rows = {title: entry["metrics"] for title, entry in models.items()}
    rows |= {REFERENCES[name]: entry["metrics"] for name, entry in references.items()}
    names = [
        name
        for name in learned_metrics.FIGURES
        if any(name in figures for figures in rows.values())
    ]
    return format_table("realism", table_lines(rows, names, learned_metrics.FIGURES))
