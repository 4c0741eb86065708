"""List the bundled models with their metrics, or print the model card of a single model.

    colorkeras models           # one row per model
    colorkeras models unet      # training, all metrics, intended use and limitations

The metrics are stored with the models, so this command does not run any model.
"""

from colorkeras.cli import DONE
from colorkeras.export import bundled, metadata
from colorkeras.utils.errors import check_choice
from colorkeras.utils.files import expand_home
from colorkeras.utils.text_table import format_table

GAINED = "psnr_pooled"
"""Metric for which the table shows the gain over the grayscale baseline."""

METRICS = ("ciede2000", "colorfulness_ratio", "best_of_8")
"""Other metrics in the table; the model card contains all metrics."""


def add_arguments(parser):
    """Add the command's options."""
    parser.add_argument(
        "model",
        nargs="?",
        type=expand_home,
        metavar="NAME_OR_PATH",
        help=f"{', '.join(bundled.BUNDLED_MODELS)} or the path to an export",
    )


def run(options):
    """Print the tables or a model card; return the exit status."""
    if options.model is None:
        folders = {name: bundled.resolve(name) for name in bundled.BUNDLED_MODELS}
        print(f"{_descriptions(folders)}\n\n{_metrics(folders)}")
    else:
        print(_card(options.model), end="")
    return DONE


def _card(model):
    folder = bundled.resolve(model)
    if not folder.is_dir():
        check_choice("model", model, bundled.BUNDLED_MODELS)
    metadata.read_metadata(folder)  # Check first, since any folder may contain a README.
    return metadata.read_card(folder)


def _descriptions(folders):
    """Return a table that describes the models."""
    lines = [["", "version", "purpose", "trained on", "parameters", "MB"]]
    for name, folder in folders.items():
        content = metadata.read_metadata(folder)
        dataset, *_ = content["dataset"].split(" (")
        parameters = f"{content['num_parameters']:,}"
        megabytes = f"{metadata.num_bytes(folder) / 1e6:.1f}"
        purpose = bundled.PURPOSES[name]
        lines.append([name, folder.name, purpose, dataset, parameters, megabytes])
    return format_table("model", lines, num_text_columns=4)


def _metrics(folders):
    """Return a table of metrics, preceded by lines that name the data used to measure them."""
    names = [name for name in folders if (folders[name] / metadata.METRICS_FILE).exists()]
    measured = {name: metadata.read_metrics(folders[name]) for name in names or folders}
    conditions = dict.fromkeys(
        f"{content['dataset']}, {content['num_images']:,} images" for content in measured.values()
    )
    titles = {}
    for content in measured.values():
        titles |= {name: _title(metric) for name, metric in content["metrics"].items()}
        grayscale_baseline = content["references"]["grayscale_baseline"]
    columns = [name for name in METRICS if name in titles]
    lines = [
        ["", titles[GAINED], f"gain over {grayscale_baseline}", *(titles[name] for name in columns)]
    ]
    for name, content in measured.items():
        metrics = content["metrics"]
        cells = [_value(metrics[GAINED]), _gain(metrics[GAINED])]
        lines.append([name, *cells, *(_value(metrics.get(column)) for column in columns)])
    return "\n".join([*conditions, format_table("model", lines)])


def _title(metric):
    return f"{metric['title']} ({metric['unit']})" if metric["unit"] else metric["title"]


def _gain(metric):
    gain = metric["model"] - metric["references"]["grayscale_baseline"]
    return f"{gain:+.{metric['decimals']}f}"


def _value(metric):
    return "" if metric is None else f"{metric['model']:.{metric['decimals']}f}"
