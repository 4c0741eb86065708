"""Tell what models are installed, with their figures; of one of them, the whole model card.

    colorkeras models           # one row for each
    colorkeras models unet      # how it was made, all figures, what it is for and where it fails

Figures are those that were measured before the models were bundled.
"""

from colorkeras.cli import DONE
from colorkeras.export import bundled
from colorkeras.export import metadata as export_files
from colorkeras.utils.errors import check_choice
from colorkeras.utils.text_table import format_table

GAINED = "psnr_pooled"
"""Name of the metric whose gain over the grayscale baseline the table shows."""

FIGURES = ("ciede2000", "colorfulness_ratio", "best_of_8")
"""Names of the other figures that the table shows; the card has all."""


def add_arguments(parser):
    """Adds the options of the command."""
    parser.add_argument(
        "model",
        nargs="?",
        metavar="NAME_OR_PATH",
        help=f"{', '.join(bundled.BUNDLED_MODELS)} or the folder of an export",
    )


def run(options):
    """Prints the tables, or one card; returns the exit status."""
    if options.model is None:
        folders = {name: bundled.resolve(name) for name in bundled.BUNDLED_MODELS}
        print(f"{_facts(folders)}\n\n{_figures(folders)}")
    else:
        print(_card(options.model), end="")
    return DONE


def _card(model):
    folder = bundled.resolve(model)
    if not folder.is_dir():
        check_choice("model", model, bundled.BUNDLED_MODELS)
    export_files.read_metadata(folder)  # Any folder may hold a README.
    return export_files.read_card(folder)


def _facts(folders):
    """What the models are, as text."""
    lines = [["", "version", "for", "trained on", "parameters", "MB"]]
    for name, folder in folders.items():
        metadata = export_files.read_metadata(folder)
        dataset, *_ = metadata["dataset"].split(" (")
        parameters = f"{metadata['num_parameters']:,}"
        megabytes = f"{export_files.num_bytes(folder) / 1e6:.1f}"
        purpose = bundled.PURPOSES[name]
        lines.append([name, folder.name, purpose, dataset, parameters, megabytes])
    return format_table("model", lines, num_text_columns=4)


def _figures(folders):
    """How good the models are, and on what that was measured, as text."""
    measured = {name: export_files.read_metrics(folder) for name, folder in folders.items()}
    conditions = dict.fromkeys(
        f"{content['dataset']}, {content['num_images']:,} pictures" for content in measured.values()
    )
    titles = {}
    for content in measured.values():
        titles |= {name: _title(figure) for name, figure in content["metrics"].items()}
        grayscale_baseline = content["references"]["grayscale_baseline"]
    columns = [name for name in FIGURES if name in titles]
    lines = [
        ["", titles[GAINED], f"gain over {grayscale_baseline}", *(titles[name] for name in columns)]
    ]
    for name, content in measured.items():
        figures = content["metrics"]
        cells = [_value(figures[GAINED]), _gain(figures[GAINED])]
        lines.append([name, *cells, *(_value(figures.get(column)) for column in columns)])
    return "\n".join([*conditions, format_table("model", lines)])


def _title(figure):
    return f"{figure['title']} ({figure['unit']})" if figure["unit"] else figure["title"]


def _gain(figure):
    gain = figure["model"] - figure["references"]["grayscale_baseline"]
    return f"{gain:+.{figure['decimals']}f}"


def _value(figure):
    return "" if figure is None else f"{figure['model']:.{figure['decimals']}f}"
