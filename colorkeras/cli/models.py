"""List the bundled models with their metrics, or print the model card of one model.

    colorkeras models           # one row per model
    colorkeras models unet      # training, all metrics, intended use and limitations

The metrics were measured before the models were released.
"""

from colorkeras.cli import DONE
from colorkeras.export import bundled, metadata
from colorkeras.utils.errors import check_choice
from colorkeras.utils.text_table import format_table

GAINED = "psnr_pooled"
"""Name of the metric whose gain over the grayscale baseline the table shows."""

METRICS = ("ciede2000", "colorfulness_ratio", "best_of_8")
"""Names of the other metrics in the table; the card has all."""


def add_arguments(parser):
    """Add the options of the command."""
    parser.add_argument(
        "model",
        nargs="?",
        metavar="NAME_OR_PATH",
        help=f"{', '.join(bundled.BUNDLED_MODELS)} or the folder of an export",
    )


def run(options):
    """Print the tables or one card; return the exit status."""
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
    metadata.read_metadata(folder)  # Any folder may hold a README.
    return metadata.read_card(folder)


def _descriptions(folders):
    """Return a table of what the models are."""
    lines = [["", "version", "for", "trained on", "parameters", "MB"]]
    for name, folder in folders.items():
        content = metadata.read_metadata(folder)
        dataset, *_ = content["dataset"].split(" (")
        parameters = f"{content['num_parameters']:,}"
        megabytes = f"{metadata.num_bytes(folder) / 1e6:.1f}"
        purpose = bundled.PURPOSES[name]
        lines.append([name, folder.name, purpose, dataset, parameters, megabytes])
    return format_table("model", lines, num_text_columns=4)


def _metrics(folders):
    """Return a table of metrics, below the data that they were measured on."""
    measured = {name: metadata.read_metrics(folder) for name, folder in folders.items()}
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
