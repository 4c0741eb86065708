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
"""What is judged beside models: entries of what `judge_colorizers` returns, titles of rows."""


def judge_colorizers(colorizers, conditions, say=print):
    """Judges models, and what their figures are read against.

    Args:
        colorizers: Dict by row title of functions of grayscale and seeds, as for `evaluate`.
        conditions: What `prepare` returned.
        say: Function of one line of text.

    Returns:
        Dict of what `judge.judge` returns: "models", a dict by row title, and the keys of
        `REFERENCES`: those of `judge.references`, what models are shown as it is, and with the
        training part's mean chroma everywhere.

    Raises:
        UserError: The pictures cannot be judged.
    """
    source, labels = conditions.source, getattr(conditions.source, "labels", None)

    def judged(title, color):
        truth, recolored = recolor(color, source, conditions.degradation)
        say(f"Judging {title}")
        return truth, judge.judge(truth, labels, recolored, say=say)

    models = {title: judged(title, color)[1] for title, color in colorizers.items()}
    truth, gray = judged(REFERENCES["echo"], echo)
    _, mean_chroma = judged(REFERENCES["mean_chroma"], paint(conditions.colors.mean_chroma))
    references = judge.references(truth, labels, say=say)
    return {"models": models, "echo": gray, "mean_chroma": mean_chroma, **references}


def judged_table(judged):
    """The figures of `judge_colorizers` as text, models above references."""
    rows = {title: entry["figures"] for title, entry in judged["models"].items()}
    rows |= {title: judged[key]["figures"] for key, title in REFERENCES.items()}
    names = [name for name in judge.FIGURES if any(name in figures for figures in rows.values())]
    return format_lines("plausible", table_lines(rows, names, judge.FIGURES))
