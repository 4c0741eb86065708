"""What the judges say of models: the third group of figures, for which networks are trained."""

from colorkeras import judge
from colorkeras.evaluation.conditions import REFERENCES as CONDITIONS
from colorkeras.evaluation.measure import echo, paint, recolor
from colorkeras.evaluation.tables import format_lines, table_lines

REFERENCES = {
    "echo": CONDITIONS["echo"],
    "mean_chroma": CONDITIONS["mean_chroma"],
    "mirrored": "true pictures mirrored",
    "half_chroma": "true chroma at half resolution",
    "truth": CONDITIONS["truth"],
}
"""What is judged beside models: keys of what `judge_references` returns, titles of rows.

What models are shown, as it is and with the training part's mean chroma everywhere; the true
pictures mirrored, which the network should not tell from real ones (near 50 %); the true pictures
with chroma at half resolution, the best that a model of such chroma can do; and the true pictures,
with the classifier's figures alone.
"""

_OF_TRUTH = {
    "mirrored": lambda truth: truth[:, :, ::-1],
    "half_chroma": judge.half_chroma,
    "truth": lambda truth: truth,
}


def judge_colorizer(color, conditions, say=print):
    """Judges what a model makes of the pictures of `Conditions`.

    Args:
        color: Function of grayscale and seeds, as for `evaluate`.
        conditions: What `prepare` returned.
        say: Function of one line of text.

    Returns:
        What `judge.judge` returns.

    Raises:
        UserError: The pictures cannot be judged.
    """
    truth, recolored = recolor(color, conditions.source, conditions.degradation)
    return judge.judge(truth, _labels(conditions), recolored, say=say)


def judge_references(conditions, known=None, keep=lambda judged: None, say=print):
    """Judges what the figures of models are read against.

    Args:
        conditions: What `prepare` returned.
        known: Dict of some of the result, as from an earlier call with the same
            `reference_key`: these are not judged again.
        keep: Function of what there is of the result, called whenever there is more.
        say: Function of one line of text.

    Returns:
        Dict of what `judge.judge` returns, by key of `REFERENCES`.
    """
    judged = dict(known or {})
    for name in REFERENCES:
        if name not in judged:
            say(f"Judging {REFERENCES[name]}")
            judged[name] = _judge_reference(name, conditions, say)
            keep(judged)
    return {name: judged[name] for name in REFERENCES}


def _judge_reference(name, conditions, say):
    if name == "echo":
        return judge_colorizer(echo, conditions, say)
    if name == "mean_chroma":
        return judge_colorizer(paint(conditions.colors.mean_chroma), conditions, say)
    truth, _ = recolor(echo, conditions.source)
    # Of a picture beside itself nothing can be learned: there is nothing to train for.
    sizes = () if name == "truth" else judge.SIZES
    return judge.judge(truth, _labels(conditions), _OF_TRUTH[name](truth), sizes=sizes, say=say)


def _labels(conditions):
    return getattr(conditions.source, "labels", None)


def reference_key(conditions):
    """What figures of references depend on: dict, ready for JSON."""
    return {"pictures": conditions.description, **judge.protocol()}


def judged_table(models, references):
    """What judges said as text, models above references.

    Args:
        models: Dict of what `judge_colorizer` returned, by row title.
        references: What `judge_references` returned.
    """
    rows = {title: entry["figures"] for title, entry in models.items()}
    rows |= {REFERENCES[name]: entry["figures"] for name, entry in references.items()}
    names = [name for name in judge.FIGURES if any(name in figures for figures in rows.values())]
    return format_lines("plausible", table_lines(rows, names, judge.FIGURES))
