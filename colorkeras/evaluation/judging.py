"""What the judges say of models: the third group of figures, for which networks are trained."""

from colorkeras import judge
from colorkeras.evaluation.measure import recolor
from colorkeras.evaluation.tables import format_lines, table_lines

REFERENCES = {
    "mirrored": "true pictures mirrored",
    "half_chroma": "true chroma at half resolution",
    "grayscale": "echo (grayscale input)",
    "truth": "ground truth",
}
"""What is judged beside models: keys of `judge.references` and titles of rows."""


def judge_colorizers(colorizers, conditions, say=print):
    """Judges models, and what their figures are read against.

    Args:
        colorizers: Dict by row title of functions of grayscale and seeds, as for `evaluate`.
        conditions: What `prepare` returned.
        say: Function of one line of text.

    Returns:
        Dict of what `judge.judge` returns: "models", a dict by row title, and the entries of
        `judge.references`.

    Raises:
        UserError: The pictures cannot be judged.
    """
    source, labels = conditions.source, getattr(conditions.source, "labels", None)
    judged = {}
    for title, color in colorizers.items():
        truth, recolored = recolor(color, source, conditions.degradation)
        say(f"Judging {title}")
        judged[title] = judge.judge(truth, labels, recolored, say=say)
    return {"models": judged, **judge.references(truth, labels, say=say)}


def judged_table(judged):
    """The figures of `judge_colorizers` as text, models above references."""
    rows = {title: entry["figures"] for title, entry in judged["models"].items()}
    rows |= {title: judged[key]["figures"] for key, title in REFERENCES.items()}
    names = [name for name in judge.FIGURES if any(name in figures for figures in rows.values())]
    return format_lines("plausible", table_lines(rows, names, judge.FIGURES))
