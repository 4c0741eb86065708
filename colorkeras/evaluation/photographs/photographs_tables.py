"""Tables of metrics measured on photographs."""

from colorkeras.evaluation.photographs.automatic import TRUTH
from colorkeras.evaluation.photographs.pooled_errors import ALL
from colorkeras.evaluation.photographs.random_hints import MODEL, SPREAD

_ERRORS = {
    "psnr": ("PSNR (dB)", ".2f"),
    "gain": ("Gain (dB)", "+.2f"),
    "ciede2000": ("CIEDE2000", ".2f"),
    "reduction": ("CIEDE2000 reduction (%)", ".1f"),
    "colorfulness": ("Colorfulness ratio (%)", ".1f"),
}
"""Titles and formats for the values from `summarize`."""

TERCILES = ("dark", "medium", "light")
"""Names of the terciles of skin lightness."""


def tables(metrics):
    """Format the tables for one model.

    Args:
        metrics: `PhotographsReport.metrics`.

    Returns:
        Dict from title to a list of rows, each a list of str. The first row is the header, whose
        first cell is "".
    """
    parts = {
        "Metrics over the pixels of all photographs": _overall(metrics),
        "PSNR gain (dB) and CIEDE2000 reduction (%) by source": _groups(metrics),
        "Skin: median a*b* distance (best constant color), median a* and b* errors": _skin(metrics),
        "Fraction of chroma variance within superpixels, and ratio to ground truth": _incoherence(
            metrics
        ),
        "PSNR gain (dB) by number of hints at random positions": _hints(metrics),
        "Variations": _variations(metrics),
    }
    return {title: lines for title, lines in parts.items() if len(lines) > 1}


def _overall(metrics):
    header = ["", *(title for title, _ in _ERRORS.values())]
    frechet = metrics.get("frechet", {})
    lines = [header + ["Frechet distance"] * bool(frechet)]
    for row, groups in metrics["errors"].items():
        cells = [format(groups[ALL][key], form) for key, (_, form) in _ERRORS.items()]
        lines.append([row, *cells, *([f"{frechet[row]:.2f}"] if frechet else [])])
    return lines


def _groups(metrics):
    counts = metrics["num_images"]
    if len(counts) < 2:
        return []
    lines = [["", *(f"{group} ({count:,})" for group, count in counts.items())]]
    for row, groups in metrics["errors"].items():
        summaries = [groups[group] for group in counts]
        lines.append([row, *(f"{s['gain']:+.2f}, {s['reduction']:.1f}" for s in summaries)])
    return lines


def _skin(metrics):
    groups = [group for row in metrics["skin"].values() for group in row]
    groups = list(dict.fromkeys(groups))
    lines = [["", *(f"{group}, {tercile}" for group in groups for tercile in TERCILES)]]
    for row, results in metrics["skin"].items():
        terciles = [tercile for group in groups for tercile in results[group]]
        cells = (
            f"{t['error']:.1f} ({t['constant_error']:.1f}), {t['a']:+.1f} {t['b']:+.1f}"
            for t in terciles
        )
        lines.append([row, *cells])
    return lines if groups else []


def _incoherence(metrics):
    return _incoherence_lines(metrics["incoherence"])


def _incoherence_lines(values):
    lines = [["", "fraction", "ratio"]]
    lines += [[row, f"{v:.3f}", f"{v / values[TRUTH]:.2f}"] for row, v in values.items()]
    return lines


def _hints(metrics):
    by_count = metrics.get("hints", {})
    lines = [["", *by_count]]
    for row in (MODEL, SPREAD) if by_count else ():
        lines.append([row, *(f"{results[row]['gain']:+.2f}" for results in by_count.values())])
    if by_count:
        honored = (f"{results['honored']:.1f}" for results in by_count.values())
        lines.append(["hints matched within 3/255 (%)", *honored])
    return lines


def _variations(metrics):
    variations = metrics.get("variations")
    if not variations:
        return []
    lines = _incoherence_lines(variations["incoherence"])
    errors = variations["errors"]
    gains = {title: f"{errors[title]['gain']:+.2f}" for title in errors}
    lines = [[*line, gains.get(line[0], "")] for line in lines]
    lines[0][-1] = "Gain (dB)"
    return [*lines, ["CIEDE2000 between variations", f"{variations['difference']:.2f}", "", ""]]
